/* event_time.c - when an event needs a time of its own, and writing it; see event_time.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/event_time.h"

#include "preload/trace/varint.h"

/* The clock is read at one event in so many at least. */
#define UNREAD_MAX 32

uint8_t *event_put_new_time(struct stream *stream, uint8_t *to, uint64_t pool, uint64_t object,
                            bool ordered)
{
    stream->coarse = clock_coarse();
    stream->unread = UNREAD_MAX - 1;
    uint64_t now = stream_tick(stream, pool, object);
    if (now <= stream->last_tick || (ordered && now - stream->last_tick < TRACE_TIME_LAG))
        return to;
    uint64_t ticks = now - stream->last_tick;
    stream->last_tick = now;
    *to++ = (uint8_t)(TRACE_EVENT_TIME | (ticks & 0xf) << 4);
    return put_varint(to, ticks >> 4);
}
