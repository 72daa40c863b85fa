/*
 * time_slices.h - growth over time, where a process begins no unit of work: its life in TIME_SLICES
 * equal slices, in which a value grew for good.
 */
#ifndef ANALYZER_RULES_TIME_SLICES_H
#define ANALYZER_RULES_TIME_SLICES_H

#include "analyzer/rules/series.h"

#define TIME_SLICES       16
#define TIME_EVENTS_LEAST 10000 /* pool events of a process that is judged by time */

/*
 * How SERIES, which has ended and is one over the moments of a process's life, grew: units are
 * slices here, fewer than TIME_SLICES where there were fewer moments. A slice grew if the value
 * never fell again to what it had been before.
 */
struct series_growth time_slices_growth(const struct series *series);

#endif
