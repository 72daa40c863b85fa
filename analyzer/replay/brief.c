/* brief.c - pools that are made and ended within few events; see brief_kinds.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/allocations.h"
#include "analyzer/replay/brief_look.h"
#include "analyzer/replay/habits.h"
#include "analyzer/replay/pools.h"

/* The pools whose events are applied: those that are there, by number. */
struct nest {
    struct replay *replay;
    unsigned depth;
    uint32_t pools[BRIEF_DEPTH];
};

/* The one at ADDRESS; NULL: it is none of them. */
static inline struct pool *in_nest(const struct nest *nest, uint64_t address)
{
    struct pool *pools = nest->replay->current->tree.pools;
    for (unsigned i = nest->depth; i > 0; i--)
        if (pools[nest->pools[i - 1]].address == address)
            return &pools[nest->pools[i - 1]];
    return NULL;
}

static inline void make(struct nest *nest, const struct trace_event *event)
{
    struct replay *replay = nest->replay;
    const struct pool *parent = in_nest(nest, event->parent);
    if (!parent)
        parent = pool_tree_last(&replay->current->tree, event->parent);
    replay->stats->creates++;
    struct pool *pool =
        replay_add_pool(replay, event, parent, stack_of(replay, event), event->system);
    pool->brief = true;
    nest->pools[nest->depth++] = pool->number;
    NOTIFY(replay, on_brief_create, replay->current->process, pool);
}

static inline void name(const struct nest *nest, const struct trace_event *event)
{
    struct replay *replay = nest->replay;
    struct pool *pool = in_nest(nest, event->pool);
    const uint32_t tag = replay_tag(replay, event);
    if (pool->first_tag)
        pool->tag = replay_tag_with_first(replay, pool, tag);
    else
        pool->first_tag = pool->tag = tag;
}

static inline void allocate(const struct nest *nest, const struct trace_event *event)
{
    struct pool *pool = in_nest(nest, event->pool);
    if (pool)
        replay_take_briefly(nest->replay, event, pool);
    else
        replay_event(nest->replay, event);
}

/* The last one has nothing below it, and nothing in it can be given back by itself. */
static inline void end_last(struct nest *nest, const struct trace_event *event)
{
    struct replay *replay = nest->replay;
    struct process_replay *replayed = replay->current;
    struct process *process = replayed->process;
    struct pool *pool = &replayed->tree.pools[nest->pools[--nest->depth]];
    const uint32_t stack = stack_of(replay, event);
    note_seen(replay, pool);
    replay->stats->destroys++;
    if (event->used == pool->bytes && event->used != UINT64_MAX && !replayed->in_change)
        coverage_add(&replay->stats->coverage, COVERAGE_BYTES, pool->bytes, event->used);
    else
        compare_used(replay, pool, event->used);
    replay_learn_capacity(replay, pool, event->capacity);
    pool_tree_begin_ending(&replayed->tree, pool, event->thread, stack);
    pool->destroyed = pool->ending = stack;
    pool->ending_thread = event->thread;
    pool->ending_serial = pool->serial;
    NOTIFY(replay, on_brief, process, pool, pool, stack);
    process->pools--;
    process->bytes -= pool->bytes;
    pool_tree_remove(&replayed->tree, pool);
}

static inline void apply(struct nest *nest, const struct trace_event *event)
{
    struct replay *replay = nest->replay;
    struct process_replay *replayed = replay->current;
    if (event->kind == TRACE_EVENT_ALLOC) {
        allocate(nest, event);
        return;
    }
    replayed->process->tick = event->tick;
    replayed->process->events += is_pool_event(event);
    replay->stats->events++;
    if (event->kind == TRACE_EVENT_CREATE)
        make(nest, event);
    else if (event->kind == TRACE_EVENT_NAME)
        name(nest, event);
    else if (event->kind == TRACE_EVENT_DESTROY)
        end_last(nest, event);
}

static void apply_all(struct replay *replay, const struct trace_event *event,
                      const struct trace_event *after)
{
    const size_t unknown = replay->stats->unknown_stacks;
    const struct trace_event *const first = event;
    struct nest nest;
    nest.replay = replay;
    nest.depth = 0;
    replay->current->gave_back = false;
    for (; event != after; event++) {
        replay->current->brief.at = event;
        apply(&nest, event);
    }
    if (replay->tells_again && replay->stats->unknown_stacks == unknown)
        habit_learn(replay, first, after);
}

const struct trace_event *replay_next(struct replay *replay, const struct trace_event *event,
                                      const struct trace_event *end)
{
    const bool may_be = event->kind == TRACE_EVENT_CREATE && replay->tells_briefly;
    struct met room;
    struct met *met = may_be && replay->tells_again ? habit_meet(replay, event, end, &room) : NULL;
    if (met) {
        habit_replay(replay, event, met);
        return event + met->habit->step_count;
    }
    const struct trace_event *after = may_be ? brief_look(replay, event, end) : NULL;
    if (after) {
        apply_all(replay, event, after);
        return after;
    }
    replay_event(replay, event);
    return event + 1;
}

/* The number of the stack with that ID. */
static uint32_t number_of(const struct replay *replay, uint32_t id)
{
    uint32_t number;
    stack_ids_number(replay->current->stacks, id, &number);
    return number;
}

size_t replay_brief_stacks(const struct replay *replay, const struct pool *pool,
                           uint32_t stacks[BRIEF_ALLOCATIONS])
{
    const struct trace_event *event = replay->current->brief.at, *const last = event;
    size_t count = 0;
    while (event->kind != TRACE_EVENT_CREATE || event->pool != pool->address)
        event--;
    for (; event != last; event++) {
        if (event->kind != TRACE_EVENT_ALLOC || event->pool != pool->address)
            continue;
        for (uint32_t i = 0; i < event->run; i++)
            stacks[count++] = number_of(replay, event->allocations[i].stack);
        if (event->run == 0)
            stacks[count++] = number_of(replay, event->stack);
    }
    return count;
}
