/* habits.c - whether a nest of brief pools came before; see habits.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/habits.h"

#include <stdlib.h>

#define HASHED  6          /* events */
#define LARGEST UINT32_MAX /* bytes, of an allocation */

void habits_free(struct habits *habits)
{
    for (unsigned i = 0; habits && i < HABITS; i++)
        free(habits->items[i]);
    free(habits);
}

uint32_t habit_hash(const struct trace_event *event, const struct trace_event *end)
{
    uint32_t hash = 1;
    end = end - event > HASHED ? event + HASHED : end;
    for (; event < end; event++) {
        if (event->kind == TRACE_EVENT_WITH)
            continue;
        hash = (hash ^ event->stack) * 0x9e3779b1u + event->kind;
        if (event->kind == TRACE_EVENT_NAME)
            hash ^= event->name_id * 0x85ebca6bu;
        else if (event->kind == TRACE_EVENT_ALLOC)
            hash ^= event->run * 0xc2b2ae35u;
        else if (event->kind == TRACE_EVENT_DESTROY)
            break;
    }
    return hash | 1;
}

/* A nest that is being compared with a habit. */
struct meeting {
    struct replay *replay;
    struct met *met;
    unsigned made;
    uint64_t held, most; /* bytes of its pools, now and at most so far */
};

static inline bool meet_create(struct meeting *meeting, const struct habit_step *step,
                               const struct trace_event *event)
{
    struct pool_tree *tree = &meeting->replay->current->tree;
    struct met_pool *const pools = meeting->met->pools;
    const unsigned index = meeting->made++;
    const struct pool *old = pool_tree_last(tree, event->pool);
    if (!event->pool || (old && old->state != POOL_GONE) || event->system != step->detail)
        return false;
    for (unsigned others = meeting->met->habit->pools[index].others; others; others &= others - 1)
        if (pools[__builtin_ctz(others)].address == event->pool)
            return false;
    pools[index].address = event->pool;
    pools[index].bytes = 0;
    pools[index].above = 0;
    if (step->parent != HABIT_NONE)
        return event->parent == pools[step->parent].address;
    const struct pool *parent = pool_tree_last(tree, event->parent);
    pools[index].above = parent ? parent->number : 0;
    return parent && parent->state == POOL_ALIVE && pools[index].above == pools[0].above;
}

static inline bool meet_alloc(struct meeting *meeting, const struct habit_step *step,
                              const struct trace_event *event, const uint32_t **stacks)
{
    struct met *met = meeting->met;
    const uint64_t mask = met->habit->pools[step->pool].mask;
    uint64_t bytes = 0;
    if (event->pool != met->pools[step->pool].address || event->run != step->detail)
        return false;
    const struct trace_allocation *at = event->allocations, *const end = at + event->run;
    if (event->run == 0) {
        bytes = (event->size + mask) & ~mask;
        if (event->size > LARGEST)
            return false;
    } else {
        for (; at != end; at++, ++*stacks) {
            if (at->stack != **stacks)
                return false;
            bytes += (at->size + mask) & ~mask;
        }
    }
    met->pools[step->pool].bytes += bytes;
    met->bytes += bytes;
    meeting->held += bytes;
    meeting->most = meeting->held > meeting->most ? meeting->held : meeting->most;
    return true;
}

static inline bool meet_destroy(struct meeting *meeting, const struct habit_step *step,
                                const struct trace_event *event)
{
    struct met_pool *pool = &meeting->met->pools[step->pool];
    pool->held = meeting->held;
    meeting->held -= pool->bytes;
    return event->pool == pool->address &&
           (event->used == pool->bytes || event->used == UINT64_MAX);
}

static inline bool meet_step(struct meeting *meeting, const struct habit_step *step,
                             const struct trace_event *event, const uint32_t **stacks)
{
    switch (step->kind) {
    case TRACE_EVENT_CREATE:
        return meet_create(meeting, step, event);
    case TRACE_EVENT_ALLOC:
        return meet_alloc(meeting, step, event, stacks);
    case TRACE_EVENT_NAME:
        return event->pool == meeting->met->pools[step->pool].address &&
               event->name_id == step->detail;
    case TRACE_EVENT_DESTROY:
        return meet_destroy(meeting, step, event);
    default:
        return true;
    }
}

/* Nothing of what it depends on is another than when it came before. */
static inline bool may_come_again(const struct replay *replay, const struct habit *habit)
{
    const struct process_replay *replayed = replay->current;
    return habit->unit == replayed->process->unit.kind &&
           habit->thread == replayed->process->thread && !replayed->in_change;
}

bool habit_meet(struct replay *replay, const struct trace_event *event,
                const struct trace_event *end, struct met *met)
{
    const struct process_replay *replayed = replay->current;
    const struct process *process = replayed->process;
    const struct habits *habits = replayed->brief.habits;
    const uint32_t hash = habits ? habit_hash(event, end) : 0;
    struct habit *habit = habits ? habits->items[habit_place(hash)] : NULL;
    if (!habit || habit->hash != hash || end - event < (ptrdiff_t)habit->step_count ||
        !may_come_again(replay, habit))
        return false;
    struct meeting meeting = {.replay = replay, .met = met};
    met->habit = habit;
    met->bytes = 0;
    const uint32_t *stacks = habit->stacks, thread = habit->thread;
    const struct habit_step *step = habit->steps, *const last = step + habit->step_count;
    for (; step != last; step++, event++) {
        const bool same = event->kind == step->kind && event->thread == thread &&
                          (event->stack == step->stack || event->kind == TRACE_EVENT_WITH);
        if (!same || event->tick >= replayed->moment_ends ||
            !meet_step(&meeting, step, event, &stacks))
            return false;
    }
    return process->bytes + meeting.most <= process->peak_bytes;
}
