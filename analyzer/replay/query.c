/* query.c - what observers ask of the process that is being replayed: see replay.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/folded.h"
#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stack_ids.h"
#include "analyzer/symbols/stacks.h"
#include "analyzer/util/keyed_hash.h"

const struct pool *replay_pool(const struct replay *replay, uint32_t number)
{
    const struct pool_tree *tree = &replay->current->tree;
    if (number == 0 || number >= tree->limit || tree->pools[number].state == POOL_GONE)
        return NULL;
    return &tree->pools[number];
}

uint32_t replay_pool_limit(const struct replay *replay)
{
    return replay->current->tree.limit;
}

uint32_t replay_last_serial(const struct replay *replay)
{
    return replay->current->tree.serial;
}

const struct pool *replay_next_pool(const struct replay *replay, const struct pool *top,
                                    const struct pool *pool)
{
    return pool_tree_next(&replay->current->tree, top, pool);
}

const char *replay_string(const struct replay *replay, uint32_t tag)
{
    return strings_get(&replay->recording->strings, tag);
}

const struct api_set *replay_apis(const struct replay *replay)
{
    return replay->current->systems ? &replay->current->systems->set : NULL;
}

const struct api *replay_pool_api(const struct replay *replay, const struct pool *pool)
{
    const struct recorded_api *recorded = system_of(replay->current, pool);
    return recorded ? &recorded->api : NULL;
}

const char *replay_pool_label(const struct replay *replay, const struct pool *pool)
{
    const struct recorded_systems *systems = replay->current->systems;
    if (pool->root && systems)
        return replay_string(replay, systems->root_names[pool->root - 1]);
    return pool->tag ? replay_string(replay, pool->tag) : NULL;
}

uint64_t replay_place(const struct replay *replay, uint32_t created)
{
    return recording_place(replay->recording, created);
}

bool replay_same_call(const struct replay *replay, uint32_t created, uint32_t destroyed)
{
    struct code_stack a = stacks_get(replay->recording->stacks, created);
    struct code_stack b = stacks_get(replay->recording->stacks, destroyed);
    while (a.depth > 0 && b.depth > 0 &&
           a.frames[a.depth - 1].module == b.frames[b.depth - 1].module &&
           a.frames[a.depth - 1].offset == b.frames[b.depth - 1].offset) {
        a.depth--;
        b.depth--;
    }
    /* A function that destroys as the last thing it does is not in that backtrace. */
    return a.depth == 1 && b.depth <= 1;
}

bool replay_within(const struct replay *replay, uint32_t inner, uint32_t outer)
{
    return inner == outer || stacks_within(replay->recording->stacks, inner, outer);
}

uint32_t replay_event_stack(const struct replay *replay, const struct trace_event *event)
{
    uint32_t number;
    stack_ids_number(replay->current->stacks, event->stack, &number);
    return number;
}

uint64_t replay_stack_order(const struct replay *replay, uint32_t stack)
{
    return stacks_order(replay->recording->stacks, stack);
}
