/*
 * decode_fields.h - the fields that events are made of, as decode.c and decode_more.c read them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_DECODE_FIELDS_H
#define ANALYZER_TRACE_DECODE_FIELDS_H

#include "analyzer/trace/internal.h"
#include "preload/trace/varint.h"

#include <string.h>

#define ADDRESS_MASK ((UINT64_C(1) << 8 * TRACE_ADDRESS_SIZE) - 1)

/*
 * The readers below may run past stream->end, into the padding: stream_decode() looks once an
 * event. The padding's zeros end every varint.
 */

const unsigned char *decode_long_varint(const unsigned char *at, const unsigned char *end,
                                        uint64_t *value);

static inline const unsigned char *read_varint(const unsigned char *at, const unsigned char *end,
                                               uint64_t *value)
{
    if (at[0] < 0x80) {
        *value = at[0];
        return at + 1;
    }
    if (at[1] < 0x80) {
        *value = (uint64_t)(at[0] & 0x7f) | (uint64_t)at[1] << 7;
        return at + 2;
    }
    return decode_long_varint(at, end, value);
}

static inline const unsigned char *read_address(const unsigned char *at, uint64_t *address)
{
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    *address = word & ADDRESS_MASK;
    return at + TRACE_ADDRESS_SIZE;
}

/* A number of bytes as stored: plus one, so that 0 can say that it is not known. */
static inline uint64_t known_or_not(uint64_t stored)
{
    return stored - 1;
}

/* A stack id that is too large, or less than none, ends as an overrun. */
static inline const unsigned char *read_stack(struct stream *stream, const unsigned char *at,
                                              struct trace_event *event)
{
    uint64_t step;
    at = read_varint(at, stream->end, &step);
    const uint64_t stack = stream->last_stack + trace_signed(step);
    stream->last_stack = event->stack = (uint32_t)stack;
    return stack <= UINT32_MAX ? at : stream->end + 1;
}

static inline const unsigned char *read_sizes(const struct stream *stream, const unsigned char *at,
                                              struct trace_event *event)
{
    uint64_t used, capacity;
    at = read_varint(at, stream->end, &used);
    at = read_varint(at, stream->end, &capacity);
    event->used = known_or_not(used);
    event->capacity = known_or_not(capacity);
    return at;
}

static inline const unsigned char *read_parent(const struct stream *stream, const unsigned char *at,
                                               struct trace_event *event)
{
    unsigned place = *at++;
    if (place == TRACE_PARENT_FAR)
        return read_address(at, &event->parent);
    event->parent = place == 0 ? 0 : stream->slots[(place - 1) % TRACE_POOL_SLOTS];
    return place == 0 || (place < TRACE_PARENT_FAR && event->parent != 0) ? at : stream->end + 1;
}

static inline const unsigned char *read_name(const struct stream *stream, const unsigned char *at,
                                             struct trace_event *event)
{
    uint64_t id;
    at = read_varint(at, stream->end, &id);
    const struct name_definition *name = names_find(stream->names, id);
    if (!name)
        return stream->end + 1;
    event->name_id = (uint32_t)id;
    event->name = name->text;
    event->name_length = name->length;
    return at;
}

static inline const unsigned char *
read_name_text(const struct stream *stream, const unsigned char *at, struct trace_event *event)
{
    uint64_t length;
    event->kind = TRACE_EVENT_NAME;
    at = read_varint(at, stream->end, &length);
    if (at > stream->end || length > TRACE_NAME_MAX || length > (size_t)(stream->end - at))
        return stream->end + 1;
    event->name_id = TRACE_NO_NAME;
    event->name = (const char *)at;
    event->name_length = (uint32_t)length;
    return at + length;
}

static inline const unsigned char *read_object(struct stream *stream, const unsigned char *at,
                                               struct trace_event *event)
{
    uint64_t step;
    at = read_varint(at, stream->end, &step);
    stream->last_object = event->object = stream->last_object + trace_signed(step);
    return at;
}

/* The fields of the kinds from 16 on, after the byte that tells which; NULL: no such kind. */
const unsigned char *decode_more(struct stream *stream, const unsigned char *at,
                                 struct trace_event *event);

#endif
