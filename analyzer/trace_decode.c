#include "trace_internal.h"

#include <string.h>

#define ADDRESS_MASK ((UINT64_C(1) << 8 * TRACE_ADDRESS_SIZE) - 1)
#define VARINT_MAX   10 /* bytes */

/*
 * The readers below may run past stream->end, into the padding: stream_decode() looks once, after
 * the whole event. The padding's zeros end every varint.
 */

static const unsigned char *long_varint(const unsigned char *at, const unsigned char *end,
                                        uint64_t *value)
{
    uint64_t result = 0;
    for (unsigned i = 0; i < VARINT_MAX; i++) {
        result |= (uint64_t)(at[i] & 0x7f) << 7 * i;
        if (at[i] < 0x80) {
            *value = result;
            return at + i + 1;
        }
    }
    *value = 0;
    return end + 1; /* no such number: told apart by being past the end */
}

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
    return long_varint(at, end, value);
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

static inline const unsigned char *read_pool(struct stream *stream, const unsigned char *at,
                                             struct trace_event *event)
{
    at = read_address(at, &event->pool);
    stream->slots[trace_pool_slot(event->pool)] = event->pool;
    return at;
}

/* time stack, which most kinds have. A stack id that is too large ends as an overrun. */
static inline const unsigned char *read_time_stack(struct stream *stream, const unsigned char *at,
                                                   struct trace_event *event)
{
    uint64_t delta, stack;
    at = read_varint(at, stream->end, &delta);
    at = read_varint(at, stream->end, &stack);
    event->tick = stream->tick + delta;
    event->stack = (uint32_t)stack;
    return stack <= UINT32_MAX ? at : stream->end + 1;
}

static const unsigned char *read_sizes(struct stream *stream, const unsigned char *at,
                                       struct trace_event *event)
{
    uint64_t used, capacity;
    at = read_varint(at, stream->end, &used);
    at = read_varint(at, stream->end, &capacity);
    event->used = known_or_not(used);
    event->capacity = known_or_not(capacity);
    return at;
}

static const unsigned char *read_name(struct stream *stream, const unsigned char *at,
                                      struct trace_event *event)
{
    uint64_t length;
    at = read_varint(at, stream->end, &length);
    if (at > stream->end || length > TRACE_NAME_MAX || length > (size_t)(stream->end - at))
        return stream->end + 1;
    event->name = (const char *)at;
    event->name_length = length;
    return at + length;
}

/* time number: MARK, FORK, END; ROOT has an address too. */
static const unsigned char *read_number(struct stream *stream, const unsigned char *at,
                                        struct trace_event *event)
{
    uint64_t delta;
    at = read_varint(at, stream->end, &delta);
    at = read_varint(at, stream->end, &event->number);
    event->tick = stream->tick + delta;
    if (event->kind == TRACE_EVENT_ROOT && at <= stream->end)
        at = read_address(at, &event->pool);
    return at;
}

static const unsigned char *read_survey(struct stream *stream, const unsigned char *at,
                                        struct trace_event *event)
{
    uint64_t delta;
    at = read_varint(read_pool(stream, at, event), stream->end, &delta);
    event->tick = stream->tick + delta;
    return read_sizes(stream, at, event);
}

static const unsigned char *read_create(struct stream *stream, const unsigned char *at,
                                        struct trace_event *event)
{
    at = read_address(read_pool(stream, at, event), &event->parent);
    return read_time_stack(stream, at, event);
}

/* The fields of the rarer kinds, the byte of the kind already read; NULL: no such kind. */
static const unsigned char *read_other(struct stream *stream, const unsigned char *at,
                                       unsigned kind, struct trace_event *event)
{
    switch (kind) {
    case TRACE_EVENT_CREATE:
        return read_create(stream, at, event);
    case TRACE_EVENT_DESTROY_FAR:
    case TRACE_EVENT_CLEAR:
        at = read_pool(stream, at, event);
        __attribute__((fallthrough));
    case TRACE_EVENT_DESTROY:
        return read_sizes(stream, read_time_stack(stream, at, event), event);
    case TRACE_EVENT_NAME_FAR:
        at = read_pool(stream, at, event);
        __attribute__((fallthrough));
    case TRACE_EVENT_NAME:
        return read_name(stream, read_time_stack(stream, at, event), event);
    case TRACE_EVENT_MARK:
    case TRACE_EVENT_ROOT:
    case TRACE_EVENT_FORK:
    case TRACE_EVENT_END:
        return read_number(stream, at, event);
    case TRACE_EVENT_SURVEY:
        return read_survey(stream, at, event);
    default:
        return NULL;
    }
}

static enum trace_event_kind plain_kind(unsigned kind)
{
    switch (kind) {
    case TRACE_EVENT_ALLOC_FAR:
        return TRACE_EVENT_ALLOC;
    case TRACE_EVENT_DESTROY_FAR:
        return TRACE_EVENT_DESTROY;
    case TRACE_EVENT_NAME_FAR:
        return TRACE_EVENT_NAME;
    default:
        return kind;
    }
}

static bool refers_to_slot(unsigned kind)
{
    return kind == TRACE_EVENT_ALLOC || kind == TRACE_EVENT_DESTROY || kind == TRACE_EVENT_NAME;
}

void stream_begin(struct stream *stream, size_t length, uint64_t base_tick)
{
    memset(stream->slots, 0, sizeof(stream->slots));
    stream->at = stream->buffer;
    stream->end = stream->buffer + length;
    /* Time does not run backwards in a stream, whatever the clocks of two processors say. */
    if (base_tick > stream->tick)
        stream->tick = base_tick;
}

enum decoded stream_decode(struct stream *stream, struct trace_event *event, const char **why)
{
    const unsigned char *at = stream->at;
    if (at == stream->end)
        return DECODED_END;
    unsigned kind = *at & 0xf;
    event->kind = plain_kind(kind);
    event->pool = stream->slots[*at >> 4];
    at++;
    if (refers_to_slot(kind) && event->pool == 0) {
        *why = "an event on a pool that was not named before";
        return DECODED_DAMAGE;
    }
    if (event->kind == TRACE_EVENT_ALLOC) {
        if (kind == TRACE_EVENT_ALLOC_FAR)
            at = read_pool(stream, at, event);
        at = read_time_stack(stream, at, event);
        at = read_varint(at, stream->end, &event->size);
    } else {
        at = read_other(stream, at, kind, event);
    }
    if (!at || at > stream->end || event->tick < stream->tick) {
        *why = at ? "an event that is cut off or out of range" : "an event of unknown kind";
        return DECODED_DAMAGE;
    }
    stream->tick = event->tick;
    stream->at = at;
    return DECODED_EVENT;
}
