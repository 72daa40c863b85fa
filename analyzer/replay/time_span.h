/*
 * time_span.h - the part of a process's time that a replay is about. What was there when it begins
 * is there, as in a process that was forked then; what comes after its end is not read.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_TIME_SPAN_H
#define ANALYZER_REPLAY_TIME_SPAN_H

#include "analyzer/trace/trace.h"

#include <stdbool.h>
#include <stdint.h>

/* For a process of the recording. */
struct time_span {
    uint64_t since, until;           /* ticks */
    bool begun;                      /* observers are told what happens */
    bool over;                       /* nothing more is read */
    const struct trace_event *rest;  /* what was read already of the time from `since` on; ... */
    const struct trace_event *limit; /* ... up to here; NULL: nothing */
};

/* Moments are ns since 1970: 0 and UINT64_MAX are no limits. */
struct time_span time_span_of(const struct trace_header *header, uint64_t since_ns,
                              uint64_t until_ns);

/*
 * Of events from *NEXT to *END, in the order of time, which ones come next: all before the span
 * begins, or in it. True: it begins with them.
 */
bool time_span_cut(struct time_span *span, const struct trace_event **next,
                   const struct trace_event **end);

#endif
