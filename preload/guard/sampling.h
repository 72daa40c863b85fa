/*
 * sampling.h - which allocations are served from pages of their own: the first that a backtrace
 * makes, then ever fewer of it, so that what runs once is caught as well as what runs often.
 *
 * Another thread's count may be lost. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_SAMPLING_H
#define PRELOAD_GUARD_SAMPLING_H

#include <stdbool.h>
#include <stdint.h>

/* EVERY: after the first of each backtrace, at most one allocation in so many; 1: all, always. */
void sampling_setup(uint32_t every);

#define SAMPLING_SITES 16384u /* backtraces, by their number; more share */

struct sampling_site {
    uint32_t left; /* allocations until the next that is served */
    uint32_t gap;  /* between that and the next, 0: none was served; where all are: how many were */
};

/* What sampling_may_take() looks at. */
extern struct sampling {
    uint64_t seen; /* allocations so far */
    struct sampling_site sites[SAMPLING_SITES];
} sampling;

/* Is an allocation at STACK one that sampling_take() is to be asked for? Else it is counted, as
 * most are. */
static inline bool sampling_may_take(uint32_t stack)
{
    struct sampling_site *site = &sampling.sites[stack % SAMPLING_SITES];
    sampling.seen++;
    if (site->left == 0)
        return true;
    site->left--;
    return false;
}

/* The program is at work from here on: before, of one backtrace in four allocations are served.
 * What is made then, such as a configuration, is read at each request, and on pages of their own
 * all lie on the same lines of the cache, and strings take longer to be compared. */
void sampling_at_work(void);

/* Counts an allocation at STACK: is it to be served? *FRONT: so that what is before it cannot be
 * touched. */
bool sampling_take(uint32_t stack, bool *front);

#endif
