/*
 * extents.c - the memory that the walk has found so far: whose it is, and what in it is nobody's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/walk/internal.h"

struct walk_extent *walk_add_extent(struct walk *walk, uint32_t pool, enum walk_kind kind)
{
    if (walk->extent_count == walk->extent_max) {
        walk->lost.extents++;
        return NULL;
    }
    struct walk_extent *extent = &walk->extents[walk->extent_count++];
    *extent =
        (struct walk_extent){.pool = pool, .kind = kind, .next = WALK_NONE, .outer = WALK_NONE};
    return extent;
}

void walk_add_hole(struct walk *walk, uint64_t begin, uint64_t end)
{
    if (walk->hole_count == walk->hole_max)
        walk->lost.holes++;
    else
        walk->holes[walk->hole_count++] = (struct walk_range){begin, end};
}

void walk_add_data(struct walk *walk, uint64_t address, uint64_t begin, uint64_t end)
{
    /* Most are of the same pool as the one before. */
    const uint32_t last =
        walk->extent_count ? walk->extents[walk->extent_count - 1].pool : WALK_NONE;
    uint32_t pool = last != WALK_NONE && walk->pools[last].address == address ? last : 0;
    while (pool < walk->pool_count && walk->pools[pool].address != address)
        pool++;
    struct walk_extent *data =
        pool < walk->pool_count ? walk_add_extent(walk, pool, WALK_BLOCK) : NULL;
    if (!data)
        return;
    data->begin = data->target = data->data = begin;
    data->used = data->end = end;
}

void walk_own(struct walk *walk, uint64_t begin, uint64_t end)
{
    struct walk_extent *own = end > begin ? walk_add_extent(walk, WALK_NONE, WALK_OWN) : NULL;
    if (!own)
        return;
    own->begin = own->target = own->data = own->used = begin;
    own->end = end;
}
