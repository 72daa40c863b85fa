/*
 * stale_sites.h - which allocations are sampled to see when they are used last: the first that a
 * backtrace makes, and more of those that outlive their unit of work, as often as the rate allows.
 *
 * Another thread's count may be lost. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_STALE_SITES_H
#define PRELOAD_GUARD_STALE_SITES_H

#include <stdbool.h>
#include <stdint.h>

/* EVERY: after the first of each backtrace, at most one allocation in so many; 1: all. */
void stale_sites_setup(uint32_t every);

#define STALE_SITES 16384u /* backtraces, by their number; more share */

struct stale_site {
    uint32_t left; /* allocations until the next that may be sampled */
    uint32_t gap;  /* between that and the next; 0: none was sampled */
};

/* What stale_sites_may_take() looks at. */
extern struct stale_sites {
    uint64_t seen, sampled_at; /* allocations so far, and when the last was sampled */
    uint32_t rate;
    struct stale_site all[STALE_SITES];
} stale_sites;

/* Is an allocation at STACK one that stale_sites_take() is to be asked for? Else it is counted. */
static inline bool stale_sites_may_take(uint32_t stack)
{
    struct stale_site *site = &stale_sites.all[stack % STALE_SITES];
    stale_sites.seen++;
    if (site->left == 0)
        return site->gap == 0 || stale_sites.seen - stale_sites.sampled_at >= stale_sites.rate;
    site->left--;
    return false;
}

/* Is it to be sampled? */
bool stale_sites_take(uint32_t stack);

/* What was sampled at STACK ended in its unit of work, or outlived that. */
void stale_sites_learn(uint32_t stack, bool outlived);

#endif
