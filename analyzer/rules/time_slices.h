/*
 * time_slices.h - growth over time, where a process begins no unit of work: its life in TIME_SLICES
 * equal slices, in which a value grew for good.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_TIME_SLICES_H
#define ANALYZER_RULES_TIME_SLICES_H

#include "analyzer/replay/replay.h"
#include "analyzer/rules/series.h"

#define TIME_SLICES       16
#define TIME_SLICES_LEAST 5  /* with growth: fewer are chance */
#define TIME_TAKEN_LEAST  32 /* allocations or pools that are still there: fewer are chance, too */
#define TIME_EVENTS_LEAST 10000 /* pool events of a process that is judged by time, */
#define TIME_CPU_LEAST    UINT64_C(5000000000) /* or ns of the processor's time */
#define TIME_LIFE_LEAST   UINT64_C(2000000000) /* ns; what is shorter is judged by its work alone */

/*
 * EVENTS tell how much of the process's work was done when, and a slice is as much work as any
 * other; NULL: it is as much time. How SERIES, which has ended and is one over the moments of a
 * process's life, grew: units are slices here, fewer than TIME_SLICES where there were fewer
 * moments. A slice grew if the value never fell again to what it had been before. What is filled,
 * as a cache, grows less and less: in no third of a life, or of what is left of it since growth
 * began, may it be less than two thirds of what it would be were it even.
 */
struct series_growth time_slices_growth(const struct series *series,
                                        const struct moment_events *events);
/*
 * Whether a value, which was BEFORE and is VALUE[i] at the end of each of COUNT slices of time,
 * never less than before, rose in less than SERIES_UNITS_LEAST of them, and was at rest for half of
 * the time then: as what is loaded by a process that waits from then on. One that always has work
 * is given its time in a few large pieces where others have as much: growth between these goes on.
 */
bool time_slices_at_once(const uint64_t *value, uint32_t count, uint64_t before);

/* The same of growth that must have been there from the first third on, see series.h. */
struct series_growth time_slices_growth_throughout(const struct series *series,
                                                   const struct moment_events *events);

#endif
