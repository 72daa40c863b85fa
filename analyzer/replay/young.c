/*
 * young.c - pools that were not told of as they were made and ended, each in one unit of work: sums
 * of them, and those that are used after their end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/pools.h"

static uint32_t stack_number(struct replay *replay, uint32_t id)
{
    uint32_t number;
    if (!stack_ids_number(replay->current->stacks, id, &number))
        replay->stats->unknown_stacks++;
    return number;
}

static uint32_t tag_of(struct replay *replay, uint32_t id)
{
    struct trace_event event = {.kind = TRACE_EVENT_NAME};
    uint32_t length = 0;
    event.name = id ? trace_name(replay->current->trace, id, &length) : NULL;
    event.name_id = id;
    event.name_length = length;
    return event.name ? replay_tag(replay, &event) : 0;
}

/* What ended with one above it ended in the destruction of that. */
static uint32_t ending_serial(const struct pool_tree *tree, const struct pool *pool, uint32_t above)
{
    const struct pool *parent = &tree->pools[above];
    return above && parent->ending == pool->ending ? parent->ending_serial : pool->serial;
}

/* When POOL ended, or that this is over; and by which stack. */
static void describe_end(struct replay *replay, const struct trace_event *event, struct pool *pool,
                         uint32_t above)
{
    struct pool_tree *tree = &replay->current->tree;
    pool->destroyed = pool->ending = stack_number(replay, event->gone_destroyed);
    pool->ending_thread = event->thread;
    pool->ending_serial =
        event->gone_how & TRACE_GONE_WITHIN ? ending_serial(tree, pool, above) : pool->serial;
    if (event->gone_how & TRACE_GONE_OVER)
        pool->ending_serial = UINT32_MAX;
    else if (pool->ending_serial == pool->serial)
        pool_tree_begin_ending(tree, pool, pool->ending_thread, pool->ending);
}

static void describe(struct replay *replay, const struct trace_event *event, struct pool *pool)
{
    pool->created = stack_of(replay, event);
    pool->created_tick = event->tick;
    pool->born = replay->current->process->unit;
    pool->first_tag = tag_of(replay, event->gone_first);
    if (event->adopted_system < systems_count(replay->current))
        pool->system = event->adopted_system;
    pool->tag = replay_tag_with_first(replay, pool, tag_of(replay, event->gone_name));
    note_seen(replay, pool);
}

/* It is in the sums already: nobody is told of it but who uses it now. */
void replay_gone(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    const struct pool *old = pool_tree_find(tree, event->pool);
    if (old && old->state == POOL_ALIVE)
        return;
    replay_make_room(replay, event->pool);
    const struct pool *parent = pool_tree_last(tree, event->adopted_below);
    const uint32_t above = parent && parent->address != event->pool ? parent->number : 0;
    const bool alive = above && parent->state == POOL_ALIVE;
    const uint32_t serial = above ? parent->serial : 0;
    struct pool *pool = pool_tree_add(tree, event->pool, alive ? above : 0);
    describe(replay, event, pool);
    describe_end(replay, event, pool, above);
    pool_tree_remove(tree, pool);
    pool->under = above;
    pool->under_serial = serial;
    if (event->gone_how & TRACE_GONE_WITHIN)
        pool->state = POOL_DYING;
}

void replay_young(struct replay *replay, const struct trace_event *event)
{
    const struct young_sum young = {.created = stack_of(replay, event),
                                    .destroyed = stack_number(replay, event->young_destroyed),
                                    .with = event->young_how & TRACE_YOUNG_WITH,
                                    .had_pools = event->young_how & TRACE_YOUNG_ABOVE,
                                    .count = event->young_count,
                                    .allocations = event->young_allocations,
                                    .bytes = event->young_bytes,
                                    .largest = event->largest};
    struct recording_stats *stats = replay->stats;
    stats->creates += young.count;
    stats->destroys += young.count;
    stats->allocations += young.allocations;
    stats->young_allocations += young.allocations;
    replay->current->process->events += 2 * (uint64_t)young.count + young.allocations;
    if (young.count && young.created && young.destroyed)
        NOTIFY(replay, on_young, replay->current->process, &young);
}

/* EVENT is about a pool that was told of as a survivor; NULL: there is none. */
static struct pool *survivor(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = pool_tree_find(&replay->current->tree, event->pool);
    return pool && pool->state == POOL_ALIVE ? pool : NULL;
}

/* It is in what the pool took by now. */
void replay_took_at(struct replay *replay, const struct trace_event *event)
{
    const struct pool *pool = survivor(replay, event);
    const uint32_t stack = stack_number(replay, event->stack);
    if (pool && event->number <= pool->allocations && event->held <= pool->bytes)
        NOTIFY(replay, on_place, replay->current->process, pool, stack, event->number, event->held);
}

void replay_like(struct replay *replay, const struct trace_event *event)
{
    const struct pool *pool = survivor(replay, event);
    if (pool)
        NOTIFY(replay, on_like, replay->current->process, pool, event->number);
}

void replay_again(struct replay *replay, const struct trace_event *event)
{
    const struct process *process = replay->current->process;
    const uint32_t units = process->units[API_MARK_COMMAND];
    NOTIFY(replay, on_again, process, event->number, event->again,
           event->again_ago < units ? units - event->again_ago : 0);
}
