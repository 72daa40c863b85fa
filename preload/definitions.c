#include "definitions.h"

static uint8_t *put_bytes(uint8_t *to, const void *bytes, size_t length)
{
    const uint8_t *from = bytes;
    for (size_t i = 0; i < length; i++)
        *to++ = from[i];
    return to;
}

bool definition_write(struct stream *stream, enum trace_record_type type,
                      const struct definition_part *parts, unsigned count)
{
    size_t length = 0;
    for (unsigned i = 0; i < count; i++)
        length += parts[i].length;
    size_t padded = (length + 7) / 8 * 8;
    if (!stream_reserve_definition(stream, sizeof(struct trace_record) + padded))
        return false;
    const struct trace_record record = {.type = type, .length = (uint32_t)length};
    uint8_t *to = put_bytes(stream->definitions.cursor, &record, sizeof(record));
    for (unsigned i = 0; i < count; i++)
        to = put_bytes(to, parts[i].bytes, parts[i].length);
    stream_commit(&stream->definitions, to + (padded - length));
    return true;
}

bool definition_stack(struct stream *stream, uint32_t id, const uint64_t *frames, unsigned depth,
                      bool cut)
{
    const struct trace_stack fixed = {.id = id, .depth = (uint16_t)depth, .cut = cut};
    const struct definition_part parts[] = {{&fixed, sizeof(fixed)},
                                            {frames, depth * sizeof(*frames)}};
    return definition_write(stream, TRACE_RECORD_STACK, parts, 2);
}
