/* doubt.c - takes back what was judged, for a second opinion (mark.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/mark.h"

/* Where what could not be reached lies: few words lead there. */
static void find_suspects(struct walk *walk)
{
    walk->suspects = (struct walk_range){UINT64_MAX, 0};
    for (uint32_t i = 0; i < walk->extent_count; i++) {
        struct walk_extent *extent = &walk->extents[i];
        extent->scanned = false;
        if (extent->kind != WALK_BLOCK || walk->pools[extent->pool].flags & WALK_REACHED)
            continue;
        if (extent->begin < walk->suspects.begin)
            walk->suspects.begin = extent->begin;
        if (extent->end > walk->suspects.end)
            walk->suspects.end = extent->end;
    }
}

void walk_doubt(struct walk *walk)
{
    walk->careful = true;
    walk->queued = 0;
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        struct walk_pool *pool = &walk->pools[i];
        pool->flags &= (uint8_t) ~(WALK_KEPT | WALK_UNREACHABLE | WALK_UPPER);
        pool->below = 0;
        pool->below_held = 0;
        if (pool->flags & WALK_REACHED)
            walk->queue[walk->queued++] = i;
    }
    find_suspects(walk);
}
