/* recent.c - the pool events that a process had last; see recent.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/recent.h"

#include <string.h>

static bool has_size(enum trace_event_kind kind)
{
    return kind == TRACE_EVENT_ALLOC || kind == TRACE_EVENT_OBJECT || kind == TRACE_EVENT_GUARDED;
}

/* From the last one on, into what is left before the place NUMBER; returns that place then. */
static size_t take_run(struct recent *found, const struct trace_event *run, size_t number)
{
    for (uint32_t i = run->run; i > 0 && number > 0; i--)
        found->items[--number] =
            (struct recent_event){TRACE_EVENT_ALLOC, run->allocations[i - 1].stack, run->tick,
                                  run->pool, run->allocations[i - 1].size};
    return number;
}

static size_t take_one(struct recent *found, const struct trace_event *event, size_t number)
{
    if (event->kind == TRACE_EVENT_ALLOC && event->run > 0)
        return take_run(found, event, number);
    if (!is_pool_event(event))
        return number;
    found->items[--number] =
        (struct recent_event){event->kind, event->stack, event->tick, event->pool,
                              has_size(event->kind) ? event->size : 0};
    return number;
}

void recent_add(struct recent *recent, const struct trace_event *events, size_t count,
                uint64_t until)
{
    struct recent found;
    size_t number = RECENT_EVENTS;
    while (count > 0 && events[count - 1].tick > until)
        count--;
    while (count > 0 && number > 0)
        number = take_one(&found, &events[--count], number);
    const size_t kept = recent->count < number ? recent->count : number;
    memmove(recent->items, recent->items + recent->count - kept, kept * sizeof(*recent->items));
    memcpy(recent->items + kept, found.items + number,
           (RECENT_EVENTS - number) * sizeof(*recent->items));
    recent->count = kept + RECENT_EVENTS - number;
}
