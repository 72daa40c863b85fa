/* where.c - what an address is or was in; see where.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/where.h"

#include "analyzer/replay/internal.h"

static bool in_guarded(const struct replay *replay, uint64_t address, struct where *where)
{
    const struct guarded_table *table = &replay->current->guarded;
    const struct guarded *guarded = guarded_find(table, address);
    if (!guarded) /* beyond its page */
        guarded = guarded_find(table, address - GUARDED_PAGE);
    if (!guarded)
        return false;
    const bool inside = address - guarded->start < guarded->size;
    where->kind = inside ? WHERE_ALLOCATION : WHERE_BEYOND;
    where->start = guarded->start;
    where->touched = replay_touched(replay, guarded);
    return true;
}

static bool in_object(const struct replay *replay, uint64_t address, struct where *where)
{
    const struct objects *objects = &replay->current->objects;
    for (uint32_t i = 1; i < objects->limit; i++) {
        const struct object *object = &objects->items[i];
        if (address - object->address >= object->size ||
            objects_find(objects, object->address) != object)
            continue;
        *where = (struct where){.kind = WHERE_ALLOCATION,
                                .start = object->address,
                                .touched = {.pool = &replay->current->tree.pools[object->pool],
                                            .allocated = object->stack,
                                            .size = object->size}};
        return true;
    }
    return false;
}

/* Bytes of the pool itself, where the description tells; else its first. */
static uint64_t size_of_pool(const struct replay *replay, const struct pool *pool)
{
    const struct api *api = replay_pool_api(replay, pool);
    const struct api_layout *layout = api ? api_layout(api, 0) : NULL;
    return layout && layout->header.base == API_BASE_NUMBER && layout->header.offset
               ? layout->header.offset
               : 1;
}

static bool in_pool(const struct replay *replay, uint64_t address, struct where *where)
{
    const struct pool_tree *tree = &replay->current->tree;
    const struct pool *found = NULL;
    for (uint32_t i = 1; i < tree->limit; i++) {
        const struct pool *pool = &tree->pools[i];
        if (pool->address && address - pool->address < size_of_pool(replay, pool) &&
            (!found || pool->state == POOL_ALIVE || pool->serial > found->serial))
            found = pool;
    }
    if (!found)
        return false;
    *where = (struct where){.kind = WHERE_POOL,
                            .start = found->address,
                            .touched = {.pool = found, .destroyed = found->destroyed}};
    return true;
}

/* In the last that was there, and whose pool has ended. */
static bool in_sought(const struct replay *replay, uint64_t address, struct where *where)
{
    const struct sought *sought = &replay->current->sought;
    if (address - sought->start >= sought->size)
        return false;
    *where = (struct where){
        .kind = WHERE_ALLOCATION, .start = sought->start, .touched = replay_touched_sought(replay)};
    return true;
}

static bool in_pool_alive(const struct replay *replay, uint64_t address, struct where *where)
{
    return in_pool(replay, address, where) && where->touched.pool->state == POOL_ALIVE;
}

bool replay_where(const struct replay *replay, uint64_t address, struct where *where)
{
    *where = (struct where){0};
    return in_guarded(replay, address, where) || in_object(replay, address, where) ||
           in_pool_alive(replay, address, where) || in_sought(replay, address, where) ||
           in_pool(replay, address, where);
}
