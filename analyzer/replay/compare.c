/*
 * compare.c - what a pool's memory held when the recorder looked, against what was traced of it:
 * bytes in its blocks, allocations, pools below it.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/internal.h"
#include "analyzer/replay/pool_path.h"

#include "analyzer/util/memory.h"

#define WORD 8u /* bytes: what an allocation is put at a multiple of, if it is aligned at all */

/*
 * Where a system puts some allocations next to each other and aligns others, bytes between two are
 * in use and nobody's: less than a word each. How many these are is known where one allocation
 * follows another, and not where a block is full, or the library puts something of its own there.
 */
void compare_placed(struct pool *pool, uint64_t address, uint64_t size)
{
    const uint64_t gap = -pool->placed_end % WORD;
    if (address == pool->placed_end + gap)
        pool->padding += gap;
    else if (address != pool->placed_end)
        pool->padding_most += gap;
    pool->placed_end = address + size;
}

void compare_emptied(struct pool *pool)
{
    pool->object_count = 0;
    pool->guarded_bytes = 0;
    pool->placed_end = pool->padding = pool->padding_most = 0;
}

/* A fork copies what another thread has half done: a pool that is in its parent's list before it is
 * told, bytes before their event. That thread is not in the child, so nobody ends it there. */
static bool in_change_at_fork(struct process_replay *replayed, const struct pool *pool,
                              uint64_t traced, uint64_t used)
{
    if (replayed->in_change == 0 || traced == used)
        return false;
    if (pool && (!pool->inherited || pool->bytes != pool->inherited_bytes))
        return false;
    replayed->in_change--;
    return true;
}

static void compare(struct replay *replay, const struct pool *pool, enum coverage_unit unit,
                    uint64_t traced, uint64_t used)
{
    if (in_change_at_fork(replay->current, pool, traced, used)) {
        replay->stats->coverage.in_change++;
        return;
    }
    struct coverage_mismatch *sample = coverage_add(&replay->stats->coverage, unit, traced, used);
    if (!sample)
        return;
    sample->pid = replay->current->process->pid;
    sample->tag = pool && pool->tag ? xstrdup(replay_string(replay, pool->tag)) : NULL;
    sample->path = pool ? replay_pool_path(replay, pool) : xstrdup("");
}

/* What was told to lie beside the blocks: it is what was traced as such, and in no block. */
static void compare_large(struct replay *replay, struct pool *pool)
{
    if (pool->large_found && !pool->adopted)
        compare(replay, pool, COVERAGE_ALLOCATIONS, pool->large, pool->large_found);
    pool->large = pool->large_found = 0;
    pool->large_bytes = 0;
}

/* Was something given back of what POOL held when it was adopted? How much is not known; where it
 * may have been another pool's, there can only be less than was TRACED. */
static bool lost_unseen(const struct replay *replay, const struct pool *pool, uint64_t traced,
                        uint64_t used)
{
    return pool && (pool->unseen_given_back ||
                    (pool->adopted && used < traced && replay->current->unseen_given_back));
}

/* Where allocations are counted, bytes are told of a pool that holds none. Then what was traced too
 * much is a number of allocations, too: a share of no bytes would hide how much that is of all. */
static bool is_counted_empty(const struct pool *pool, uint64_t traced, uint64_t used)
{
    return pool && used == 0 && traced > 0 && pool->object_count > 0 && !pool->large_found;
}

void compare_used(struct replay *replay, struct pool *pool, uint64_t used)
{
    uint64_t traced =
        pool ? pool->bytes - pool->large_bytes - pool->guarded_bytes + pool->padding : 0;
    if (used != UINT64_MAX && !lost_unseen(replay, pool, traced, used)) {
        /* The last one may be followed by something of the library's, which is aligned. */
        uint64_t most = pool ? pool->padding_most + -pool->placed_end % WORD : 0;
        if (used > traced)
            traced += used - traced < most ? used - traced : most;
        if (is_counted_empty(pool, traced, used))
            compare(replay, pool, COVERAGE_ALLOCATIONS, pool->object_count, 0);
        else
            compare(replay, pool, COVERAGE_BYTES, traced, used);
    }
    if (pool)
        compare_large(replay, pool);
}

void compare_found(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    struct pool *pool = pool_tree_last(tree, event->pool);
    uint64_t traced = 0;
    /* What is used after its end is nobody's; of what was there before, not all was seen. */
    if (pool && (pool->state == POOL_GONE || pool->adopted))
        return;
    if (event->found == TRACE_FOUND_KEPT) {
        if (pool)
            pool->padding += event->number;
        return;
    }
    if (event->found == TRACE_FOUND_ALLOCATIONS) {
        traced = pool ? pool->object_count : 0;
        compare(replay, pool, COVERAGE_ALLOCATIONS, traced, event->number);
        return;
    }
    for (uint32_t child = pool ? pool->first_child : 0; child;
         child = tree->pools[child].next_sibling)
        traced++;
    compare(replay, pool, COVERAGE_POOLS, traced, event->number);
}

void compare_told_large(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = pool_tree_find(&replayed->tree, event->pool);
    if (!pool)
        return;
    const struct object *object = objects_find(&replayed->objects, event->object);
    pool->large_found++;
    if (!object || object->pool != pool->number)
        return;
    pool->large++;
    pool->large_bytes += object->size;
}
