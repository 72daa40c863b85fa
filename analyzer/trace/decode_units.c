/* decode_units.c - units of work that are counted in the trace, where the counts may grow. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/decode_fields.h"

/* COUNT, less what was told of it before. */
static uint32_t rest(uint32_t count, uint32_t *told)
{
    const uint32_t more = count > *told ? count - *told : 0;
    *told = count;
    return more;
}

static size_t offset_of(const struct stream *stream, const unsigned char *at)
{
    return (size_t)(at - stream->buffer);
}

static const unsigned char *read_units(struct stream *stream, size_t begin, const unsigned char *at,
                                       struct trace_event *event)
{
    struct counted *counted = &stream->counted;
    uint32_t count;
    at = read_varint(at, stream->end, &event->number);
    if (at > stream->end)
        return at;
    memcpy(&count, at, sizeof(count));
    memcpy(&event->last_label, at + sizeof(count), sizeof(event->last_label));
    at += sizeof(uint64_t);
    event->goes_on = counted->any && counted->begin == begin;
    if (!event->goes_on)
        *counted = (struct counted){.any = true, .begin = begin};
    counted->end = offset_of(stream, at);
    counted->next = 1;
    event->units = rest(count, &counted->told[0]);
    return at;
}

static const unsigned char *read_labelled(struct stream *stream, size_t begin,
                                          const unsigned char *at, struct trace_event *event)
{
    struct counted *counted = &stream->counted;
    at = read_name(stream, at, event);
    if (at > stream->end)
        return at;
    memcpy(&event->units, at, sizeof(event->units));
    at += sizeof(event->units);
    if (!counted->any || counted->end != begin || counted->next > COUNTED_LABELS)
        return at;
    counted->end = offset_of(stream, at);
    event->units = rest(event->units, &counted->told[counted->next++]);
    return at;
}

const unsigned char *decode_units(struct stream *stream, const unsigned char *at,
                                  struct trace_event *event)
{
    const size_t begin = offset_of(stream, at - 2); /* of the byte that MORE is */
    return event->kind == TRACE_EVENT_UNITS ? read_units(stream, begin, at, event)
                                            : read_labelled(stream, begin, at, event);
}

void decode_units_again(struct stream *stream)
{
    if (stream->counted.any && offset_of(stream, stream->at) == stream->counted.end)
        stream->at = stream->buffer + stream->counted.begin;
}
