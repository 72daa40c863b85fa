/*
 * recent.h - the pool events that a process had last, for what is to be known of its end.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_RECENT_H
#define ANALYZER_REPLAY_RECENT_H

#include "analyzer/trace/trace.h"

#include <stddef.h>

#define RECENT_EVENTS 8

struct recent_event {
    enum trace_event_kind kind;
    uint32_t stack; /* of the trace */
    uint64_t tick, pool, size;
};

/* A zeroed struct has none. */
struct recent {
    struct recent_event items[RECENT_EVENTS]; /* oldest first */
    size_t count;
};

/* COUNT more events came, runs among them, in the order of time; those after tick UNTIL do not
 * count. */
void recent_add(struct recent *recent, const struct trace_event *events, size_t count,
                uint64_t until);

/* A call of the program's on a pool. What the recorder itself reads, an adopted pool's name, is
 * none: it has no backtrace. */
static inline bool is_pool_event(const struct trace_event *event)
{
    const enum trace_event_kind kind = event->kind;
    if (kind == TRACE_EVENT_NAME)
        return event->stack != TRACE_NO_STACK;
    return kind < TRACE_EVENT_NAME || kind == TRACE_EVENT_OBJECT ||
           (kind >= TRACE_EVENT_FREE && kind <= TRACE_EVENT_ORPHAN) ||
           kind == TRACE_EVENT_RELEASE || kind == TRACE_EVENT_GUARDED;
}

#endif
