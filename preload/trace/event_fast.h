/*
 * event_fast.h - packs the most frequent events, for who knows that there is room for them in the
 * stream's block; events.h has them for everybody else.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_EVENT_FAST_H
#define PRELOAD_TRACE_EVENT_FAST_H

#include "preload/trace/event_time.h"
#include "preload/trace/pool_usage.h"
#include "preload/trace/stream.h"
#include "preload/trace/varint.h"

static inline uint8_t *event_put_time(struct stream *stream, uint8_t *to, bool recent,
                                      uint64_t pool, uint64_t object, bool ordered)
{
    if (__builtin_expect(!recent || !ordered, false))
        return event_put_new_time(stream, to, pool, object, ordered);
    stream->unread--;
    return to;
}

/* The event's first byte, and before it the pool if it is not in the cache. */
static inline uint8_t *event_put_pool(struct stream *stream, uint8_t *to,
                                      enum trace_event_kind kind, uint64_t pool)
{
    unsigned slot = stream_slot(pool);
    if (stream->pools[slot] != pool) {
        *to++ = (uint8_t)(TRACE_EVENT_POOL | slot << 4);
        to = put_signed(to, pool - stream->last_pool);
        stream->pools[slot] = stream->last_pool = pool;
    }
    *to++ = (uint8_t)(kind | slot << 4);
    return to;
}

/* The first bytes of the kinds from 16 on. */
static inline uint8_t *event_put_more(struct stream *stream, uint8_t *to,
                                      enum trace_event_kind kind, uint64_t pool)
{
    to = event_put_pool(stream, to, TRACE_EVENT_MORE, pool);
    *to++ = (uint8_t)(kind - TRACE_EVENT_FREE);
    return to;
}

/* Most come soon after the one before was defined, or near it. */
static inline uint8_t *event_put_stack(struct stream *stream, uint8_t *to, uint32_t stack)
{
    to = put_signed(to, (uint64_t)stack - stream->last_stack);
    stream->last_stack = stack;
    return to;
}

/* Its length varies from event to event. */
static inline uint8_t *event_put_object(struct stream *stream, uint8_t *to, uint64_t object)
{
    to = put_varint_unforeseen(to, zigzag(object - stream->last_object));
    stream->last_object = object;
    return to;
}

static inline __attribute__((always_inline)) void
event_fast_alloc(struct stream *stream, bool recent, uint64_t pool, uint32_t stack, uint64_t size)
{
    uint8_t *to = stream->events.cursor;
    to = event_put_time(stream, to, recent, pool, pool, stream_owns(stream, pool, pool));
    to = event_put_pool(stream, to, TRACE_EVENT_ALLOC, pool);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, put_varint(to, size));
}

static inline void event_fast_object(struct stream *stream, bool recent, uint64_t pool,
                                     uint32_t stack, uint64_t size, uint64_t object)
{
    uint8_t *to = stream->events.cursor;
    to = event_put_time(stream, to, recent, pool, object, stream_owns(stream, pool, object));
    to = event_put_pool(stream, to, TRACE_EVENT_OBJECT, pool);
    to = event_put_stack(stream, to, stack);
    to = put_varint(to, size);
    stream_commit(&stream->events, event_put_object(stream, to, object));
}

static inline void event_fast_free(struct stream *stream, bool recent, uint64_t pool,
                                   uint32_t stack, uint64_t object)
{
    uint8_t *to = stream->events.cursor;
    to = event_put_time(stream, to, recent, pool, object, stream_owns(stream, pool, object));
    to = event_put_more(stream, to, TRACE_EVENT_FREE, pool);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, event_put_object(stream, to, object));
}

static inline uint8_t *event_put_address(uint8_t *to, uint64_t address)
{
    memcpy(to, &address, TRACE_ADDRESS_SIZE); /* the lowest byte comes first */
    return to + TRACE_ADDRESS_SIZE;
}

static inline uint8_t *event_put_parent(const struct stream *stream, uint8_t *to, uint64_t parent)
{
    const unsigned slot = stream_slot(parent);
    if (parent == 0 || stream->pools[slot] == parent) {
        *to++ = (uint8_t)(parent ? slot + 1 : 0);
        return to;
    }
    *to++ = TRACE_PARENT_FAR;
    return event_put_address(to, parent);
}

/* 0 stands for a number that is not known. */
static inline uint8_t *event_put_usage(uint8_t *to, struct pool_usage usage)
{
    to = put_varint_unforeseen(to, usage.used + 1);
    return put_varint(to, usage.capacity + 1);
}

static inline void event_fast_create(struct stream *stream, bool recent, uint64_t pool,
                                     uint64_t parent, uint32_t stack, unsigned system)
{
    uint8_t *to = stream->events.cursor;
    to = event_put_time(stream, to, recent, pool, pool, stream_is_alone(stream));
    to = system ? event_put_more(stream, to, TRACE_EVENT_CREATE_OF, pool)
                : event_put_pool(stream, to, TRACE_EVENT_CREATE, pool);
    to = event_put_parent(stream, to, parent);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, system ? put_varint(to, system) : to);
}

static inline void event_fast_name(struct stream *stream, bool recent, uint64_t pool,
                                   uint32_t stack, uint32_t id)
{
    uint8_t *to = stream->events.cursor;
    to = event_put_time(stream, to, recent, pool, pool, stream_owns(stream, pool, pool));
    to = event_put_pool(stream, to, TRACE_EVENT_NAME, pool);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, put_varint(to, id));
}

/* KIND: it is destroyed, or cleared. */
static inline void event_fast_emptied(struct stream *stream, bool recent,
                                      enum trace_event_kind kind, uint64_t pool, uint32_t stack,
                                      struct pool_usage usage)
{
    uint8_t *to = stream->events.cursor;
    to = event_put_time(stream, to, recent, pool, pool, stream_is_alone(stream));
    to = event_put_pool(stream, to, kind, pool);
    to = event_put_stack(stream, to, stack);
    stream_commit(&stream->events, event_put_usage(to, usage));
    streams_notify_others();
}

#endif
