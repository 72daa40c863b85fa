/* stale_sites.c - which allocations are sampled; see stale_sites.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/stale_sites.h"

#define SITES     16384u /* backtraces, by their number; more share */
#define FIRST_GAP 8u     /* until it is known what becomes of the first */
#define WIDEN     8u     /* how much longer a gap is when one of them ended in its unit, ... */
#define GAP_MOST  (1u << 20)

struct site {
    uint32_t left; /* allocations until the next that may be sampled */
    uint32_t gap;  /* between that and the next; 0: none was sampled */
};

static struct site sites[SITES];
static uint32_t rate;
static uint64_t seen, sampled_at; /* allocations so far, and when the last was sampled */

void stale_sites_setup(uint32_t every)
{
    rate = every;
}

bool stale_sites_may_take(uint32_t stack)
{
    struct site *site = &sites[stack % SITES];
    seen++;
    if (rate > 1 && site->left > 0) {
        site->left--;
        return false;
    }
    return rate == 1 || site->gap == 0 || seen - sampled_at >= rate;
}

bool stale_sites_take(uint32_t stack)
{
    struct site *site = &sites[stack % SITES];
    if (rate == 1)
        return true;
    if (site->gap == 0) {
        site->gap = site->left = FIRST_GAP;
        return true;
    }
    if (site->left > 0 || seen - sampled_at < rate)
        return false;
    site->left = site->gap - 1;
    sampled_at = seen;
    return true;
}

void stale_sites_learn(uint32_t stack, bool outlived)
{
    struct site *site = &sites[stack % SITES];
    if (outlived)
        site->gap = 1;
    else
        site->gap = site->gap < GAP_MOST / WIDEN ? site->gap * WIDEN : GAP_MOST;
    site->left = site->gap - 1;
}
