/* definitions.c - packs definitions (modules, hooks, tags) into a stream; see definitions.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/definitions.h"

#include "preload/trace/varint.h"

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
    if (!stream_reserve_definition(stream, 1 + VARINT_MAX + length))
        return false;
    uint8_t *to = stream->definitions.cursor;
    *to++ = (uint8_t)type;
    to = put_varint(to, length);
    for (unsigned i = 0; i < count; i++)
        to = put_bytes(to, parts[i].bytes, parts[i].length);
    stream_commit(&stream->definitions, to);
    return true;
}
