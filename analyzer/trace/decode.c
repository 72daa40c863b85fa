/* decode.c - the events of one stream, from what was read of a block. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/decode_fields.h"

/* The fields of the kinds that have a pool; NULL: no such kind. */
static inline const unsigned char *read_pool_event(struct stream *stream, const unsigned char *at,
                                                   struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
        event->run = 0;
        return read_varint(read_stack(stream, at, event), stream->end, &event->size);
    case TRACE_EVENT_CREATE:
        event->system = event->phrase = 0;
        return read_stack(stream, read_parent(stream, at, event), event);
    case TRACE_EVENT_DESTROY:
    case TRACE_EVENT_CLEAR:
        return read_sizes(stream, read_stack(stream, at, event), event);
    case TRACE_EVENT_NAME:
        return read_name(stream, read_stack(stream, at, event), event);
    case TRACE_EVENT_NAME_TEXT:
        return read_name_text(stream, read_stack(stream, at, event), event);
    case TRACE_EVENT_SURVEY:
        return read_sizes(stream, at, event);
    case TRACE_EVENT_OBJECT:
        at = read_varint(read_stack(stream, at, event), stream->end, &event->size);
        return read_object(stream, at, event);
    case TRACE_EVENT_MORE:
        return decode_more(stream, at, event);
    default:
        return NULL;
    }
}

/* The fields of the kinds without a pool in the cache; NULL: no such kind. */
static const unsigned char *read_plain_event(const struct stream *stream, const unsigned char *at,
                                             struct trace_event *event)
{
    at = read_varint(at, stream->end, &event->number);
    switch (event->kind) {
    case TRACE_EVENT_ROOT:
        return at <= stream->end ? read_address(at, &event->pool) : at;
    case TRACE_EVENT_MARK:
    case TRACE_EVENT_FORK:
    case TRACE_EVENT_END:
        return at;
    default:
        return NULL;
    }
}

/* What comes before an event: its time, its pool. */
static inline const unsigned char *read_prefixes(struct stream *stream, const unsigned char *at)
{
    while (at < stream->end && (*at & 0xf) >= TRACE_EVENT_TIME) {
        unsigned first = *at++;
        uint64_t ticks;
        if ((first & 0xf) == TRACE_EVENT_POOL) {
            uint64_t step;
            at = read_varint(at, stream->end, &step);
            stream->last_pool = (stream->last_pool + trace_signed(step)) & ADDRESS_MASK;
            stream->slots[first >> 4] = stream->last_pool;
            continue;
        }
        at = read_varint(at, stream->end, &ticks);
        ticks = ticks << 4 | first >> 4;
        if (stream->tick + ticks < stream->tick)
            return stream->end + 1;
        stream->tick += ticks;
    }
    return at;
}

void stream_begin(struct stream *stream, size_t length, const struct trace_block *block)
{
    memset(stream->slots, 0, sizeof(stream->slots));
    stream->last_pool = stream->last_object = stream->last_stack = 0;
    stream->counted.any = false;
    stream->at = stream->buffer;
    stream->end = stream->buffer + length;
    /* Time does not run backwards in a stream, whatever the clocks of two processors say. */
    if (block->base_tick > stream->tick)
        stream->tick = block->base_tick;
    stream->thread =
        block->depth == 0 && block->stream + 1 < TRACE_THREADS_MAX ? block->stream + 1 : 0;
}

/* The event at AT, behind what comes before it. */
static inline enum decoded decode_single(struct stream *stream, const unsigned char *at,
                                         struct trace_event *event, const char **why)
{
    if (at == stream->end)
        return DECODED_END;
    unsigned first = at < stream->end ? *at++ : TRACE_EVENT_ALLOC;
    event->kind = first & 0xf;
    event->thread = stream->thread;
    event->pool = stream->slots[first >> 4];
    event->tick = stream->tick;
    bool plain = event->kind >= TRACE_EVENT_MARK && event->kind <= TRACE_EVENT_END;
    const unsigned char *end =
        plain ? read_plain_event(stream, at, event) : read_pool_event(stream, at, event);
    const bool has_pool = !plain && event->kind != TRACE_EVENT_WALK &&
                          event->kind != TRACE_EVENT_LABEL && event->kind != TRACE_EVENT_YOUNG &&
                          event->kind < TRACE_EVENT_AGAIN;
    if (at <= stream->end && end && end <= stream->end && (!has_pool || event->pool != 0)) {
        stream->at = end;
        return DECODED_EVENT;
    }
    *why = !end                       ? "an event of unknown kind"
           : !has_pool || event->pool ? "an event that is cut off or out of range"
                                      : "an event on a pool that was not named before";
    return DECODED_DAMAGE;
}

enum decoded stream_decode(struct stream *stream, struct trace_event *event, const char **why)
{
    return decode_single(stream, read_prefixes(stream, stream->at), event, why);
}

/* Puts the allocations at stream->at from the pool in the cache that FIRST says, as many as there
 * are, to TO, as far as there is ROOM. Returns how many. */
static size_t read_allocations(struct stream *stream, unsigned first, struct trace_allocation *to,
                               size_t room)
{
    size_t count = 0;
    const unsigned char *at = stream->at;
    uint32_t last = stream->last_stack;
    while (count != room && *at == first) {
        uint64_t step, size;
        const unsigned char *next = read_varint(at + 1, stream->end, &step);
        const uint64_t stack = last + trace_signed(step);
        next = read_varint(next, stream->end, &size);
        if (next > stream->end || (stack | size) > UINT32_MAX)
            break;
        last = (uint32_t)stack;
        to[count++] = (struct trace_allocation){last, (uint32_t)size};
        at = next;
    }
    stream->at = at;
    stream->last_stack = last;
    return count;
}

/* The allocations at AT, of whose first byte FIRST is, all from POOL, as the next event of BATCH.
 * False: the first of them is none of a run. */
static inline bool read_run(struct stream *stream, const unsigned char *at, unsigned first,
                            uint64_t pool, struct event_batch *batch)
{
    struct trace_allocation *const to = batch->allocations + batch->allocation_count;
    stream->at = at;
    const size_t count =
        read_allocations(stream, first, to, EVENT_ALLOCATIONS - batch->allocation_count);
    if (count == 0)
        return false;
    batch->allocation_count += count;
    batch->events[batch->count++] = (struct trace_event){.kind = TRACE_EVENT_ALLOC,
                                                         .thread = stream->thread,
                                                         .tick = stream->tick,
                                                         .pool = pool,
                                                         .allocations = to,
                                                         .run = (uint32_t)count};
    return true;
}

/* A name that was told in the event is in the block, which may be gone at the next event. */
static inline bool is_told_name(const struct trace_event *event)
{
    return event->kind == TRACE_EVENT_NAME && event->name_id == TRACE_NO_NAME;
}

/* The event at stream->at, or the run of them, is the next one of BATCH. */
static enum decoded decode_by_itself(struct stream *stream, uint64_t turn_ends,
                                     struct event_batch *batch, const char **why)
{
    struct trace_event *event = &batch->events[batch->count];
    const unsigned char *at = read_prefixes(stream, stream->at);
    const unsigned first = at < stream->end ? *at : TRACE_EVENT_SURVEY;
    const uint64_t pool = stream->slots[first >> 4];
    if (stream->tick <= turn_ends && (first & 0xf) == TRACE_EVENT_ALLOC && pool != 0 &&
        read_run(stream, at, first, pool, batch))
        return DECODED_SOME;
    const enum decoded decoded = decode_single(stream, at, event, why);
    if (decoded != DECODED_EVENT || event->tick > turn_ends || is_told_name(event))
        return decoded;
    batch->count++;
    return DECODED_SOME;
}

enum decoded stream_decode_some(struct stream *stream, uint64_t turn_ends,
                                struct event_batch *batch, const char **why)
{
    enum decoded decoded = DECODED_SOME;
    do {
        stream_decode_usual(stream, turn_ends, batch);
        if (event_batch_has_room(batch))
            decoded = decode_by_itself(stream, turn_ends, batch, why);
    } while (decoded == DECODED_SOME && event_batch_has_room(batch));
    return decoded;
}
