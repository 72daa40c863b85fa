/* habits.c - whether a nest of brief pools came before; see habits.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/habits.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

#define HASHED  6          /* events */
#define LARGEST UINT32_MAX /* bytes, of an allocation */

void habits_free(struct habits *habits)
{
    for (unsigned i = 0; habits && i < HABITS; i++) {
        free(habits->items[i]);
        free(habits->phrases[i]);
    }
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
    uint64_t held; /* bytes of its pools, now */
};

/* Whether a pool can be made at ADDRESS. */
static inline bool is_free(struct pool_tree *tree, uint64_t address)
{
    const struct pool *old = pool_tree_last(tree, address);
    return address && (!old || old->state == POOL_GONE);
}

/* Whether the parent of pool INDEX, which is none of the nest, is there, and the same for all. */
static inline bool find_above(struct pool_tree *tree, struct met *met, unsigned index)
{
    const struct pool *parent = pool_tree_last(tree, met->parents[index]);
    met->pools[index].above = parent ? parent->number : 0;
    return parent && parent->state == POOL_ALIVE && met->pools[index].above == met->pools[0].above;
}

static inline bool meet_create(struct meeting *meeting, const struct habit_step *step,
                               const struct trace_event *event)
{
    struct pool_tree *tree = &meeting->replay->current->tree;
    struct met *met = meeting->met;
    const unsigned index = meeting->made++;
    const bool within = step->parent != HABIT_NONE;
    if (!is_free(tree, event->pool) || event->system != step->detail)
        return false;
    for (unsigned others = met->habit->pools[index].others; others; others &= others - 1)
        if (met->pools[__builtin_ctz(others)].address == event->pool)
            return false;
    met->pools[index] = (struct met_pool){.address = event->pool};
    met->parents[index] = within ? 0 : event->parent;
    return within ? event->parent == met->pools[step->parent].address
                  : find_above(tree, met, index);
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
    met->most = meeting->held > met->most ? meeting->held : met->most;
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

/* Compares the events from EVENT on with those of MET's habit. */
static bool compare_all(struct replay *replay, const struct trace_event *event, struct met *met)
{
    const struct process_replay *replayed = replay->current;
    const struct habit *habit = met->habit;
    struct meeting meeting = {.replay = replay, .met = met};
    const uint32_t *stacks = habit->stacks, thread = habit->thread;
    const struct habit_step *step = habit->steps, *const last = step + habit->step_count;
    met->phrase = event->phrase;
    met->bytes = met->most = 0;
    for (; step != last; step++, event++) {
        const bool same = event->kind == step->kind && event->thread == thread &&
                          (event->stack == step->stack || event->kind == TRACE_EVENT_WITH);
        if (!same || event->tick >= replayed->moment_ends ||
            !meet_step(&meeting, step, event, &stacks))
            return false;
    }
    return true;
}

static inline struct met **phrase_place(struct habits *habits, uint32_t phrase)
{
    return &habits->phrases[phrase % HABITS];
}

/* What EVENT begins is the same phrase as MET, but may find other pools. */
static bool meet_again(struct replay *replay, const struct trace_event *event,
                       const struct trace_event *end, struct met *met)
{
    struct process_replay *replayed = replay->current;
    const struct habit *habit = met->habit;
    bool right = end - event >= (ptrdiff_t)habit->step_count && event->thread == habit->thread &&
                 event->tick < replayed->moment_ends && may_come_again(replay, habit);
    for (unsigned i = 0; i < habit->pool_count && right; i++)
        right = is_free(&replayed->tree, met->pools[i].address) &&
                (!met->parents[i] || find_above(&replayed->tree, met, i));
    return right;
}

/* The phrase, if it is one, that met a habit is known from now on. */
static void keep_phrase(struct habits *habits, const struct met *met)
{
    struct met **place = phrase_place(habits, met->phrase);
    if (!met->phrase)
        return;
    *place = *place ? *place : xmalloc(sizeof(**place));
    **place = *met;
}

struct met *habit_meet(struct replay *replay, const struct trace_event *event,
                       const struct trace_event *end, struct met *room)
{
    const struct process_replay *replayed = replay->current;
    const struct process *process = replayed->process;
    struct habits *habits = replayed->brief.habits;
    if (!habits || !habits_pay(habits))
        return NULL;
    habits->asked++;
    struct met *known = event->phrase ? *phrase_place(habits, event->phrase) : NULL;
    if (known && known->phrase == event->phrase && meet_again(replay, event, end, known)) {
        habits->met++;
        return process->bytes + known->most <= process->peak_bytes ? known : NULL;
    }
    const uint32_t hash = habit_hash(event, end);
    room->habit = habits->items[habit_place(hash)];
    if (!room->habit || room->habit->hash != hash ||
        end - event < (ptrdiff_t)room->habit->step_count || !may_come_again(replay, room->habit) ||
        !compare_all(replay, event, room))
        return NULL;
    habits->met++;
    keep_phrase(habits, room);
    return process->bytes + room->most <= process->peak_bytes ? room : NULL;
}
