/* habits_replay.c - nests of brief pools that come again; see habits.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/habits.h"
#include "analyzer/replay/pools.h"

#include <string.h>

/* What is told of a pool that has no other parent than before, in the same era. */
static inline bool is_as_before(const struct replay *replay, struct met *met, unsigned index)
{
    struct habit *habit = met->habit;
    struct habit_pool *pool = &habit->pools[index];
    const struct process_replay *replayed = replay->current;
    const uint32_t above = met->pools[index].above;
    const uint32_t life = above ? replayed->tree.pools[above].serial : 0;
    const bool same = pool->above == above && pool->above_life == life;
    pool->above = above;
    pool->above_life = life;
    return same;
}

/* Where the parents or the era are others, all are told again. */
static void wake(const struct replay *replay, struct met *met)
{
    struct habit *habit = met->habit;
    bool same = habit->era == replay->current->brief.era;
    habit->era = replay->current->brief.era;
    for (unsigned i = 0; i < habit->pool_count; i++)
        same &= is_as_before(replay, met, i);
    for (unsigned i = 0; i < habit->pool_count && !same; i++) {
        habit->pools[i].quiet = 0;
        memset(habit->pools[i].notes, 0, sizeof(habit->pools[i].notes));
    }
}

/* Those that want no more than one word of each. */
static inline void tell_again(const struct replay *replay, struct habit_pool *known,
                              const struct pool *pool)
{
    const struct process *process = replay->current->process;
    const struct listeners *listeners = &replay->on_brief_again;
    const uint32_t all = (1u << listeners->count) - 1;
    for (uint32_t left = all & ~known->quiet; left; left &= left - 1) {
        const unsigned i = (unsigned)__builtin_ctz(left);
        const struct replay_observer *observer = listeners->items[i];
        if (!observer->on_brief_again(observer->data, process, pool, known->destroyed,
                                      &known->notes[i]))
            known->quiet |= 1u << i;
    }
}

/* Where one was that came in a nest, only what can be different is set. NULL: there was another. */
static inline struct pool *remake(struct replay *replay, const struct trace_event *event,
                                  uint32_t created, uint32_t parent)
{
    struct process_replay *replayed = replay->current;
    struct pool_tree *tree = &replayed->tree;
    struct pool *pool = pool_tree_last(tree, event->pool);
    if (!pool || !pool->again)
        return NULL;
    pool->serial = pool->order = ++tree->serial;
    pool->created = created;
    pool->created_tick = event->tick;
    pool->born = replayed->process->unit;
    pool->system = (uint8_t)event->system;
    pool->capacity = UINT64_MAX;
    pool->parent = parent;
    pool->state = POOL_ALIVE;
    tree->pools[parent].had_pools = true;
    replayed->process->pools++;
    return pool;
}

static inline void make(struct replay *replay, const struct trace_event *event,
                        const struct habit_step *step, struct met *met)
{
    struct process_replay *replayed = replay->current;
    struct met_pool *met_pool = &met->pools[step->pool];
    const struct habit_pool *known = &met->habit->pools[step->pool];
    const bool within = step->parent != HABIT_NONE;
    const uint32_t parent = within ? met->pools[step->parent].number : met_pool->above;
    struct pool *pool = remake(replay, event, known->created, parent);
    if (!pool)
        pool = replay_add_pool(replay, event, &replayed->tree.pools[parent], known->created,
                               event->system);
    pool->brief = true;
    met_pool->number = pool->number;
    if (!within)
        NOTIFY_THOSE(replay, on_outer_create, on_brief_create, replayed->process, pool);
}

/* What came in its life is put into POOL. */
static inline void complete(const struct process *process, struct pool *pool,
                            const struct habit_pool *known, uint64_t bytes)
{
    pool->first_tag = known->first_tag;
    pool->tag = known->tag;
    pool->had_pools = known->had_pools;
    pool->allocations = known->allocations;
    pool->bytes = bytes;
    pool->peak_moment = known->allocations ? process->peak_moment : 0;
}

/* POOL, below PARENT until now, is gone. */
static inline void drop(struct pool_tree *tree, struct pool *pool, uint32_t parent)
{
    if (!pool->again)
        pool_tree_remove(tree, pool);
    pool->state = POOL_GONE;
    pool->again = true;
    pool->parent = 0;
    pool->under = parent;
    pool->under_serial = tree->pools[parent].serial;
}

static inline void end(struct replay *replay, const struct trace_event *event,
                       const struct habit_step *step, struct met *met)
{
    struct process_replay *replayed = replay->current;
    struct process *process = replayed->process;
    struct habit_pool *known = &met->habit->pools[step->pool];
    const struct met_pool *met_pool = &met->pools[step->pool];
    struct pool *pool = &replayed->tree.pools[met_pool->number];
    complete(process, pool, known, met_pool->bytes);
    note_seen(replay, pool);
    if (event->used != UINT64_MAX)
        coverage_add(&replay->stats->coverage, COVERAGE_BYTES, pool->bytes, event->used);
    replay_learn_capacity(replay, pool, event->capacity);
    pool_tree_begin_ending(&replayed->tree, pool, event->thread, known->destroyed);
    pool->destroyed = pool->ending = known->destroyed;
    pool->ending_thread = event->thread;
    pool->ending_serial = pool->serial;
    replayed->brief.at = event;
    process->bytes = met->before + met_pool->held;
    process->events = met->events + known->events;
    tell_again(replay, known, pool);
    if (met_pool->above)
        NOTIFY_THOSE(replay, on_outer, on_brief, process, pool, pool, known->destroyed);
    process->pools--;
    const uint32_t parent = known->within ? met->pools[known->within - 1].number : met_pool->above;
    drop(&replayed->tree, pool, parent);
}

void habit_replay(struct replay *replay, const struct trace_event *event, struct met *met)
{
    struct process_replay *replayed = replay->current;
    struct process *process = replayed->process;
    const struct habit *habit = met->habit;
    const struct habit_step *step = habit->steps, *const last = step + habit->step_count;
    met->before = process->bytes;
    met->events = process->events;
    wake(replay, met);
    for (; step != last; step++, event++) {
        process->tick = event->tick;
        if (step->kind == TRACE_EVENT_CREATE)
            make(replay, event, step, met);
        else if (step->kind == TRACE_EVENT_DESTROY)
            end(replay, event, step, met);
    }
    process->bytes = met->before;
    process->events = met->events + habit->pool_events;
    replay->stats->events += habit->events;
    replay->stats->creates += habit->pool_count;
    replay->stats->destroys += habit->pool_count;
    replay->stats->allocations += habit->allocations;
    replay->stats->traced_bytes += met->bytes;
    replayed->gave_back = false;
}
