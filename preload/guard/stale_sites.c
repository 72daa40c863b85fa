/* stale_sites.c - which allocations are sampled; see stale_sites.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/stale_sites.h"

#define FIRST_GAP 8u /* until it is known what becomes of the first */
#define WIDEN     8u /* how much longer a gap is when one of them ended in its unit, ... */
#define GAP_MOST  (1u << 20)

struct stale_sites stale_sites;

void stale_sites_setup(uint32_t every)
{
    stale_sites.rate = every;
}

static struct stale_site *site_of(uint32_t stack)
{
    return &stale_sites.all[stack % STALE_SITES];
}

bool stale_sites_take(uint32_t stack)
{
    struct stale_site *site = site_of(stack);
    if (stale_sites.rate == 1)
        return true;
    if (site->gap == 0) {
        site->gap = site->left = FIRST_GAP;
        return true;
    }
    if (site->left > 0 || stale_sites.seen - stale_sites.sampled_at < stale_sites.rate)
        return false;
    site->left = site->gap - 1;
    stale_sites.sampled_at = stale_sites.seen;
    return true;
}

void stale_sites_learn(uint32_t stack, bool outlived)
{
    struct stale_site *site = site_of(stack);
    if (stale_sites.rate == 1)
        return;
    if (outlived)
        site->gap = 1;
    else
        site->gap = site->gap < GAP_MOST / WIDEN ? site->gap * WIDEN : GAP_MOST;
    site->left = site->gap - 1;
}
