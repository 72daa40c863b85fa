/*
 * times.h - the times of events that are thinned: no finer than coarse_tick() has them, so that
 * what comes again and again is written in the same way, and takes hardly any room.
 *
 * What came before something else still does: of two events of different threads, or where one of
 * them is a fork, a walk or an end, or something that is no event came between them, the later one
 * has a later time, if it had.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_TIMES_H
#define ANALYZER_THIN_TIMES_H

#include "analyzer/trace/api_set.h"
#include "analyzer/trace/trace.h"

struct thin_times {
    const struct trace *trace;
    const struct api_set *apis;
    uint64_t *others; /* times of what is no event, in their order */
    size_t count, next;
    uint64_t seen, given; /* the time of the last event, and what became of it */
    uint32_t thread;      /* the last event's */
    bool coarse;          /* a unit of work has begun: until then time is judged by */
    bool exact;           /* the last event has its own time */
};

/* TRACE and its APIS outlive it. The caller frees it. */
void thin_times_begin(struct thin_times *times, const struct trace *trace,
                      const struct api_set *apis);
void thin_times_free(struct thin_times *times);

/* The time of EVENT, the next one in the order of all threads. STAYS: it is not written anew. */
uint64_t thin_times_next(struct thin_times *times, const struct trace_event *event, bool stays);

#endif
