/* time_span.c - the part of a process's time that a replay is about; see time_span.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/time_span.h"

#include <stddef.h>

#define FAR (UINT64_C(1) << 62) /* ticks: never */

/* The first tick of the process's at NS or later. */
static uint64_t tick_at(const struct trace_header *header, uint64_t ns)
{
    uint64_t low = 0, high = 1;
    while (high < FAR && trace_wall_ns(header, header->start_tick + high) < ns)
        high *= 2;
    while (low < high) { /* as exact as the clock that it is compared by */
        const uint64_t middle = low + (high - low) / 2;
        if (trace_wall_ns(header, header->start_tick + middle) < ns)
            low = middle + 1;
        else
            high = middle;
    }
    return header->start_tick + low;
}

struct time_span time_span_of(const struct trace_header *header, uint64_t since_ns,
                              uint64_t until_ns)
{
    struct time_span span = {.until = UINT64_MAX, .begun = since_ns <= header->wall_ns};
    if (!span.begun)
        span.since = tick_at(header, since_ns);
    if (until_ns != UINT64_MAX) {
        span.until = tick_at(header, until_ns + 1);
        span.until -= span.until > 0;
    }
    return span;
}

/* The first of these whose tick is TICK or later. */
static const struct trace_event *first_from(const struct trace_event *next,
                                            const struct trace_event *end, uint64_t tick)
{
    while (next < end) {
        const struct trace_event *middle = next + (end - next) / 2;
        if (middle->tick < tick)
            next = middle + 1;
        else
            end = middle;
    }
    return next;
}

bool time_span_cut(struct time_span *span, const struct trace_event **next,
                   const struct trace_event **end)
{
    if (span->until != UINT64_MAX) {
        const struct trace_event *over = first_from(*next, *end, span->until + 1);
        span->over |= over != *end;
        *end = over;
    }
    if (span->begun || *next == *end)
        return false;
    const struct trace_event *first = first_from(*next, *end, span->since);
    span->begun = first == *next;
    if (!span->begun && first != *end) {
        span->rest = first;
        span->limit = *end;
        *end = first;
    }
    return span->begun;
}
