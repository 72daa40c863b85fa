/* adopt.c - the pools that were there before; see adopt.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/adopt.h"

#include "preload/hooks/held_walk.h"
#include "preload/hooks/usage.h"
#include "preload/trace/events.h"
#include "preload/unwind/scratch.h"
#include "preload/young/alive.h"

#define POOLS_MAX (1u << 20)

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
    if (system->refills)
        alive_note(pool->address);
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

void adopt_pools(struct stream *stream, struct pool_system *system,
                 const struct control_mapping *mappings, size_t count)
{
    const struct held_search search = {scratch_of(stream), mappings, count};
    struct held_walk *held = search.scratch ? held_walk_take(system, POOLS_MAX, &search) : NULL;
    if (!held)
        return;
    const struct walk *walk = &held->walk;
    if (walk->root_count && system->first_pool == 0)
        system->first_pool = walk->pools[walk->roots[0]].address;
    write_pools(stream, system, walk);
    held_walk_end(held);
}
