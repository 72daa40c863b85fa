/*
 * coarse_time.h - times as fine as is left of them once events are thinned, see
 * analyzer/thin/times.h. Who judges by time sees them so, too, of whatever was not thinned: it is
 * the same then.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_COARSE_TIME_H
#define ANALYZER_TRACE_COARSE_TIME_H

#include "preload/trace/format.h"

#define COARSE_BITS 12 /* of the age of the process, so that a step is 1/2048 of it at most */

/* TICK of the process with that HEADER, or what is left of it: up to a step earlier. */
static inline uint64_t coarse_tick(const struct trace_header *header, uint64_t tick)
{
    const uint64_t start = header->start_tick;
    if (tick < start || tick - start < UINT64_C(1) << COARSE_BITS)
        return tick;
    const int shift = 64 - COARSE_BITS - __builtin_clzll(tick - start);
    return start + ((tick - start) >> shift << shift);
}

#endif
