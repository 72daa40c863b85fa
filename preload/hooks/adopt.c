/* adopt.c - the pools that were there before; see adopt.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/adopt.h"

#include "preload/hooks/program_memory.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/usage.h"
#include "preload/trace/events.h"
#include "preload/unwind/scratch.h"
#include "preload/util/address_space.h"
#include "preload/util/kept_mappings.h"
#include "preload/util/options.h"

#define POOLS_FIRST 4096u
#define POOLS_MAX   (1u << 20)

/* Mapped for it, with the walk's own room behind. */
struct visit {
    struct walk walk;
    struct program_memory memory;
    size_t size; /* bytes of all of it */
};

static struct visit *begin_visit(uint32_t pools)
{
    const size_t size = sizeof(struct visit) + walk_room(pools);
    struct visit *visit = address_space_map(size);
    if (!visit)
        return NULL;
    visit->size = size;
    visit->memory.alone = true; /* all others are stopped */
    walk_begin(&visit->walk, visit + 1, pools, program_memory_read, &visit->memory);
    walk_set_view(&visit->walk, program_memory_view);
    return visit;
}

static bool is_searched_for(const struct pool_system *system)
{
    const struct api_layout *layout = system->layout_count ? system->layouts[0] : NULL;
    return layout && layout->check_count > 0;
}

void adopt_find(const struct pool_system *system)
{
    if (options_get()->attached && is_searched_for(system))
        kept_mappings_begin();
}

static void find_by_checks(struct visit *visit, struct scratch *scratch)
{
    const uint64_t begin = (uint64_t)(uintptr_t)visit;
    const struct registers none = {0};
    if (program_memory_find(&visit->memory, scratch, true, &none, begin, begin + visit->size))
        program_memory_search(&visit->memory, &visit->walk);
}

static void find(struct visit *visit, const struct pool_system *system, struct scratch *scratch)
{
    roots_walk(&visit->walk, system);
    if (is_searched_for(system))
        find_by_checks(visit, scratch);
}

/* Where a pool is an object, that is all that it holds; else what its blocks do. */
static void write_held(struct stream *stream, const struct pool_system *system,
                       const struct walk_pool *pool, uint64_t parent)
{
    struct pool_usage usage = POOL_USAGE_UNKNOWN;
    const bool object = usage_counts_pools(system);
    if (!object)
        usage_looks(system, pool->address, &usage);
    if (usage.used == UINT64_MAX && !(pool->flags & (WALK_BROKEN | WALK_UNKNOWN_KIND)))
        usage = (struct pool_usage){pool->used, pool->capacity};
    event_adopt(stream, pool->address, parent, system->number, object ? 0 : usage.used);
    usage_made(pool->address);
    const char *name = usage_name(system, pool->address, 0);
    if (name)
        event_name(stream, pool->address, TRACE_NO_STACK, name);
    if (object)
        event_object(stream, pool->address, TRACE_NO_STACK, usage.used, pool->address);
    else if (usage.capacity != UINT64_MAX)
        event_survey(stream, pool->address, usage);
}

static void write_pools(struct stream *stream, const struct pool_system *system,
                        const struct walk *walk)
{
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        const struct walk_pool *pool = &walk->pools[i];
        const uint32_t parent = pool->parent;
        if (!(pool->flags & WALK_UNKNOWN_KIND))
            write_held(stream, system, pool, parent == WALK_NONE ? 0 : walk->pools[parent].address);
    }
}

void adopt_pools(struct stream *stream, struct pool_system *system)
{
    struct scratch *scratch = scratch_of(stream);
    if (system->layout_count == 0 || !scratch)
        return;
    struct visit *visit = NULL;
    for (uint32_t pools = POOLS_FIRST; pools <= POOLS_MAX; pools *= 4) {
        if (visit)
            address_space_unmap(visit, visit->size);
        visit = begin_visit(pools);
        if (!visit)
            return;
        find(visit, system, scratch);
        if (!visit->walk.lost.pools)
            break;
    }
    if (!visit)
        return;
    if (visit->walk.root_count && system->first_pool == 0)
        system->first_pool = visit->walk.pools[visit->walk.roots[0]].address;
    write_pools(stream, system, &visit->walk);
    address_space_unmap(visit, visit->size);
}
