/* times.c - the times of events that are thinned; see times.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/times.h"

#include "analyzer/trace/coarse_time.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

static int by_time(const void *left, const void *right)
{
    const uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

void thin_times_begin(struct thin_times *times, const struct trace *trace,
                      const struct api_set *apis)
{
    const struct trace_header *header = trace_header(trace);
    const struct resident_notes *notes = trace_residents(trace);
    const size_t crashes = trace_crash_count(trace), children = trace_child_count(trace);
    uint64_t *others = xcalloc(crashes + children + notes->count + 2, sizeof(*others));
    size_t count = 0;
    others[count++] = header->attached_tick;
    others[count++] = header->stopped_tick;
    for (size_t i = 0; i < crashes; i++)
        others[count++] = trace_crash(trace, i)->tick;
    for (size_t i = 0; i < children; i++)
        others[count++] = trace_child(trace, i)->tick;
    /* Who asks for a note of an event's time asks for one up to TRACE_TIME_LAG later. */
    for (size_t i = 0; i < notes->count; i++)
        if (notes->items[i].tick > TRACE_TIME_LAG)
            others[count++] = notes->items[i].tick - TRACE_TIME_LAG - 1;
    qsort(others, count, sizeof(*others), by_time);
    *times = (struct thin_times){.trace = trace, .apis = apis, .others = others, .count = count};
}

void thin_times_free(struct thin_times *times)
{
    free(times->others);
}

/* Did what is no event come before TICK, and after the last one? */
static bool pass_others(struct thin_times *times, uint64_t tick)
{
    const size_t before = times->next;
    while (times->next < times->count && times->others[times->next] < tick)
        times->next++;
    return times->next > before;
}

static bool is_exact(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_FORK:
    case TRACE_EVENT_END:
    case TRACE_EVENT_WALK:
    case TRACE_EVENT_UNREACHABLE:
    case TRACE_EVENT_DANGLING:
        return true;
    default:
        return false;
    }
}

static uint64_t time_of(struct thin_times *times, const struct trace_event *event)
{
    const bool passed = pass_others(times, event->tick);
    if (event->tick == times->seen)
        return times->given;
    const bool later = passed || times->exact || event->thread != times->thread;
    const uint64_t least = passed && times->others[times->next - 1] > times->given
                               ? times->others[times->next - 1]
                               : times->given;
    const uint64_t coarse = coarse_tick(trace_header(times->trace), event->tick);
    return coarse > least ? coarse : least + later;
}

static bool begins_unit(const struct thin_times *times, const struct trace_event *event)
{
    const struct api_mark *mark =
        trace_event_is_mark(event) ? api_set_mark(times->apis, event->number) : NULL;
    return mark && mark->kind <= API_MARK_CONNECTION;
}

uint64_t thin_times_next(struct thin_times *times, const struct trace_event *event, bool stays)
{
    const bool exact = stays || !times->coarse || event->thread == 0 || is_exact(event);
    times->given = exact ? event->tick : time_of(times, event);
    times->seen = event->tick;
    times->thread = event->thread;
    times->exact = exact;
    times->coarse |= begins_unit(times, event);
    return times->given;
}
