/* sampling.c - which allocations are served from pages of their own; see sampling.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/sampling.h"

#include <sys/auxv.h>

#define FIRST_GAP 8u
#define WIDEN     8u         /* how much longer each gap is than the one before, ... */
#define GAP_MOST  (1u << 20) /* ... up to so many allocations */
#define START_FEW 4u         /* of one backtrace in so many, before the program is at work */
#define FRONT     8u         /* one in so many is served so that what is before it is guarded */

struct sampling sampling;
static uint32_t rate;
static uint64_t served_at; /* of sampling.seen, when the last was served */
static uint32_t repeated;
static uint32_t turn; /* which of START_FEW it is: another one at the next start */
static bool at_work;

void sampling_setup(uint32_t every)
{
    rate = every;
    const uint8_t *random = (const uint8_t *)getauxval(AT_RANDOM); /* of this start alone */
    turn = random ? *random % START_FEW : 0;
}

void sampling_at_work(void)
{
    at_work = true;
}

/* What was served before is served again at its time, if that keeps to the rate. */
static bool is_due(struct sampling_site *site)
{
    if (site->gap && sampling.seen - served_at < rate) {
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
    struct sampling_site *site = &sampling.sites[stack % SAMPLING_SITES];
    if (rate == 1) {
        *front = ++site->gap % FRONT == 0;
        return true;
    }
    if (site->left > 0) {
        site->left--;
        return false;
    }
    if (!at_work && stack % START_FEW != turn) /* it is the first of its backtrace then */
        return false;
    const bool first = site->gap == 0;
    if (!is_due(site))
        return false;
    *front = !first && ++repeated % FRONT == 0;
    served_at = first ? served_at : sampling.seen;
    return true;
}
