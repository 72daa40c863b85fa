/* sampling.c - which allocations are served from pages of their own; see sampling.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/sampling.h"

#define SITES     16384u /* backtraces, by their number; more share */
#define FIRST_GAP 8u
#define WIDEN     8u         /* how much longer each gap is than the one before, ... */
#define GAP_MOST  (1u << 20) /* ... up to so many allocations */
#define FRONT     8u         /* one in so many is served so that what is before it is guarded */

struct site {
    uint32_t left; /* allocations until the next that is served; where all are: how many were */
    uint32_t gap;  /* between that and the next; 0: none was served */
};

static struct site sites[SITES];
static uint32_t rate;
static uint64_t seen, served_at; /* allocations so far, and when the last was served */
static uint32_t repeated;

void sampling_setup(uint32_t every)
{
    rate = every;
}

bool sampling_may_take(uint32_t stack)
{
    struct site *site = &sites[stack % SITES];
    seen++;
    if (rate == 1 || site->left == 0)
        return true;
    site->left--;
    return false;
}

/* What was served before is served again at its time, if that keeps to the rate. */
static bool is_due(struct site *site)
{
    if (site->gap && seen - served_at < rate) {
        site->left = FIRST_GAP;
        return false;
    }
    site->gap = site->gap == 0 ? FIRST_GAP : site->gap * WIDEN;
    site->gap = site->gap < GAP_MOST ? site->gap : GAP_MOST;
    site->left = site->gap;
    return true;
}

bool sampling_take(uint32_t stack, bool *front)
{
    struct site *site = &sites[stack % SITES];
    if (rate == 1) {
        *front = ++site->left % FRONT == 0;
        return true;
    }
    if (site->left > 0) {
        site->left--;
        return false;
    }
    const bool first = site->gap == 0;
    if (!is_due(site))
        return false;
    *front = !first && ++repeated % FRONT == 0;
    served_at = first ? served_at : seen;
    return true;
}
