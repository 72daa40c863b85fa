/*
 * event_time.h - when an event needs a time of its own, and writing it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_EVENT_TIME_H
#define PRELOAD_TRACE_EVENT_TIME_H

#include "preload/trace/stream.h"
#include "preload/util/clock.h"

/* Whether the time of the event before is that of the next one, too. To be asked first: where the
 * clock is read all registers are lost. */
static inline bool event_is_recent(const struct stream *stream)
{
    return __builtin_expect(stream->unread != 0, true) && clock_coarse() == stream->coarse;
}

/* The time, where another one than that of the last event has to be told. */
uint8_t *event_put_new_time(struct stream *stream, uint8_t *to, uint64_t pool, uint64_t object,
                            bool ordered);

#endif
