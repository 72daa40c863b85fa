/* walked.c - what the recorder's walks of the pools' memory came to. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stack_ids.h"
#include "analyzer/symbols/stacks.h"

void replay_walk(struct replay *replay, const struct trace_event *event)
{
    struct walk_stats *walks = &replay->stats->walks;
    const bool run = trace_walk_is_done(event->walk.result);
    walks->results[event->walk.result]++;
    if (run) {
        walks->when[event->walk.when]++;
        walks->pools += event->number;
    }
    if (run && event->walk.microseconds > walks->longest_us)
        walks->longest_us = event->walk.microseconds;
    NOTIFY(replay, on_walk, replay->current->process, event);
}

/* One that the record does not have is none that could be told of. */
void replay_unreachable(struct replay *replay, const struct trace_event *event)
{
    const struct pool *pool = pool_tree_find(&replay->current->tree, event->pool);
    if (pool && pool->state == POOL_ALIVE)
        NOTIFY(replay, on_unreachable, replay->current->process, event, pool);
    else
        replay->stats->walks.unknown++;
}

/* The number of STACK as one of a variable: it was recorded as if it were a return address. 0: of
 * no variable. */
static uint32_t variable_number(struct stacks *stacks, uint32_t stack)
{
    const struct code_stack recorded = stacks_get(stacks, stack);
    if (recorded.depth == 0 || recorded.frames[0].offset == 0)
        return 0;
    struct code_frame frame = recorded.frames[0];
    frame.offset--;
    frame.variable = true;
    return stacks_intern(stacks, &(struct code_stack){.depth = 1, .frames = &frame});
}

/* A block that was not a pool's first leads to none. */
void replay_dangling(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    const struct pool *pool = pool_tree_last(tree, event->pool);
    const struct pool *holder =
        event->holder_pool ? pool_tree_find(tree, event->holder_pool) : NULL;
    uint32_t stack;
    stack_ids_number(replay->current->stacks, event->stack, &stack);
    stack = variable_number(replay->recording->stacks, stack);
    if (pool && pool->state == POOL_GONE && (holder || stack))
        NOTIFY(replay, on_dangling, replay->current->process, event, pool, holder, stack);
    else
        replay->stats->walks.unknown++;
}
