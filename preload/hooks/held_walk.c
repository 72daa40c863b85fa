/* held_walk.c - one walk of the pools that the program's roots lead to (held_walk.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/held_walk.h"

#include "preload/hooks/roots.h"
#include "preload/util/address_space.h"

#define POOLS_FIRST 1024u

static struct held_walk *begin(uint32_t pools)
{
    const size_t size = sizeof(struct held_walk) + walk_room(pools);
    struct held_walk *held = address_space_map(size);
    if (!held)
        return NULL;
    held->size = size;
    held->memory.alone = true;
    walk_begin(&held->walk, held + 1, pools, program_memory_read, &held->memory);
    walk_set_view(&held->walk, program_memory_view);
    return held;
}

bool held_walk_searches(const struct pool_system *system)
{
    const struct api_layout *layout = system->layout_count ? system->layouts[0] : NULL;
    return layout && layout->check_count > 0;
}

static void find_by_checks(struct held_walk *held, const struct held_search *search)
{
    const uint64_t begin = (uint64_t)(uintptr_t)held;
    if (program_memory_take(&held->memory, search->scratch, search->mappings, search->count, begin,
                            begin + held->size))
        program_memory_search(&held->memory, &held->walk);
}

struct held_walk *held_walk_take(const struct pool_system *system, uint32_t most,
                                 const struct held_search *search)
{
    struct held_walk *held = NULL;
    if (system->layout_count == 0)
        return NULL;
    for (uint32_t pools = POOLS_FIRST; !held || (held->walk.lost.pools && pools <= most);
         pools *= 4) {
        held_walk_end(held);
        held = begin(pools);
        if (!held)
            return NULL;
        roots_walk(&held->walk, system);
        if (search && held_walk_searches(system))
            find_by_checks(held, search);
    }
    return held;
}

void held_walk_end(struct held_walk *held)
{
    if (held)
        address_space_unmap(held, held->size);
}
