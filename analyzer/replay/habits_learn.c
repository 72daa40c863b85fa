/* habits_learn.c - nests of brief pools are remembered; see habits.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/habits.h"
#include "analyzer/replay/pools.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* A habit that is being learnt. */
struct lesson {
    struct replay *replay;
    struct habit habit;
    uint32_t stack_count;
    uint32_t open; /* bits: pools that are there */
    uint64_t addresses[HABIT_POOLS];
    uint8_t systems[HABIT_POOLS];
    struct habit_step steps[HABIT_STEPS];
    uint32_t stacks[HABIT_STACKS]; /* of runs */
};

/* The one at ADDRESS; HABIT_NONE: it is none of the nest. */
static uint8_t index_of(const struct lesson *lesson, uint64_t address)
{
    for (uint32_t open = lesson->open; open; open &= open - 1)
        if (lesson->addresses[__builtin_ctz(open)] == address)
            return (uint8_t)__builtin_ctz(open);
    return HABIT_NONE;
}

/* Sizes of the system of POOL have to be rounded up to a multiple of 2^n. */
static bool learn_rounding(const struct process_replay *replayed, struct habit_pool *pool,
                           uint32_t system)
{
    const struct recorded_api *recorded =
        system < systems_count(replayed) ? replayed->systems->apis[system] : NULL;
    pool->mask = recorded ? replayed->aligns[system] : 0;
    return recorded && (pool->mask || recorded->api.align == 1);
}

/* Who asks for names may count pools of one place together: then none is in the life of another. */
static bool is_place_of_open(const struct lesson *lesson, uint32_t created)
{
    const struct replay *replay = lesson->replay;
    bool same = false;
    for (uint32_t open = lesson->open; open && replay->on_name.count; open &= open - 1) {
        const unsigned i = (unsigned)__builtin_ctz(open);
        same |= replay_site(replay, lesson->habit.pools[i].created) == replay_site(replay, created);
    }
    return same;
}

static bool learn_create(struct lesson *lesson, struct habit_step *step,
                         const struct trace_event *event)
{
    struct habit *habit = &lesson->habit;
    const uint32_t index = habit->pool_count;
    if (index == HABIT_POOLS)
        return false;
    struct habit_pool *pool = &habit->pools[habit->pool_count++];
    *pool = (struct habit_pool){.created = stack_of(lesson->replay, event),
                                .others = (uint16_t)lesson->open};
    step->parent = index_of(lesson, event->parent);
    if (step->parent != HABIT_NONE)
        habit->pools[step->parent].had_pools = true;
    pool->within = step->parent == HABIT_NONE ? 0 : (uint8_t)(step->parent + 1);
    step->pool = (uint8_t)index;
    step->detail = event->system;
    lesson->addresses[index] = event->pool;
    lesson->systems[index] = (uint8_t)event->system;
    const bool apart = !is_place_of_open(lesson, pool->created);
    lesson->open |= 1u << index;
    return apart && learn_rounding(lesson->replay->current, pool, event->system);
}

static bool learn_alloc(struct lesson *lesson, struct habit_step *step,
                        const struct trace_event *event)
{
    const uint32_t count = event->run ? event->run : 1;
    if (step->pool == HABIT_NONE || event->run > HABIT_STACKS - lesson->stack_count)
        return false;
    step->detail = event->run;
    for (uint32_t i = 0; i < event->run; i++)
        lesson->stacks[lesson->stack_count++] = event->allocations[i].stack;
    lesson->habit.pools[step->pool].allocations += count;
    lesson->habit.allocations += count;
    lesson->habit.events += count - 1;
    lesson->habit.pool_events += count - 1;
    return true;
}

/* A name that was told in the event may be another one the next time. */
static bool learn_name(struct lesson *lesson, struct habit_step *step,
                       const struct trace_event *event)
{
    struct habit_pool *pool = &lesson->habit.pools[step->pool];
    const struct pool named = {.first_tag = pool->first_tag, .system = lesson->systems[step->pool]};
    pool->tag = replay_tag_with_first(lesson->replay, &named, replay_tag(lesson->replay, event));
    pool->first_tag = pool->first_tag ? pool->first_tag : pool->tag;
    step->detail = event->name_id;
    return event->name_id != TRACE_NO_NAME;
}

static bool learn_destroy(struct lesson *lesson, const struct habit_step *step,
                          const struct trace_event *event)
{
    lesson->habit.pools[step->pool].destroyed = stack_of(lesson->replay, event);
    lesson->habit.pools[step->pool].events = (uint32_t)lesson->habit.pool_events;
    lesson->open &= ~(1u << step->pool);
    return true;
}

static bool learn_step(struct lesson *lesson, const struct trace_event *event)
{
    struct habit *habit = &lesson->habit;
    struct habit_step *step = &lesson->steps[habit->step_count++];
    *step = (struct habit_step){.kind = event->kind, .stack = event->stack};
    habit->events++;
    habit->pool_events += is_pool_event(event);
    if (event->kind == TRACE_EVENT_CREATE)
        return learn_create(lesson, step, event);
    step->pool = index_of(lesson, event->pool);
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
        return learn_alloc(lesson, step, event);
    case TRACE_EVENT_NAME:
        return learn_name(lesson, step, event);
    case TRACE_EVENT_DESTROY:
        return learn_destroy(lesson, step, event);
    default:
        return event->kind == TRACE_EVENT_WITH;
    }
}

static void keep(struct habits *habits, const struct lesson *lesson)
{
    const size_t steps = lesson->habit.step_count * sizeof(*lesson->steps);
    const size_t stacks = lesson->stack_count * sizeof(*lesson->stacks);
    struct habit **place = &habits->items[habit_place(lesson->habit.hash)];
    for (unsigned i = 0; i < HABITS; i++)
        if (habits->phrases[i] && habits->phrases[i]->habit == *place)
            habits->phrases[i]->phrase = 0;
    free(*place);
    struct habit *habit = *place = xmalloc(sizeof(*habit) + steps + stacks);
    memcpy(habit, &lesson->habit, sizeof(*habit));
    memcpy(habit->steps, lesson->steps, steps);
    habit->stacks = memcpy((char *)habit->steps + steps, lesson->stacks, stacks);
}

static void learn(struct replay *replay, const struct trace_event *event,
                  const struct trace_event *after, uint32_t hash)
{
    const struct process_replay *replayed = replay->current;
    struct lesson lesson;
    lesson.replay = replay;
    lesson.stack_count = lesson.open = 0;
    lesson.habit = (struct habit){
        .thread = replayed->process->thread, .hash = hash, .unit = replayed->process->unit.kind};
    bool right = true;
    for (; right && event != after; event++)
        right = learn_step(&lesson, event);
    if (right)
        keep(replayed->brief.habits, &lesson);
}

static bool is_to_be_learnt(struct habits *habits, uint32_t hash)
{
    uint32_t *times = &habits->seen[habit_place(hash)].times;
    uint32_t *last = &habits->seen[habit_place(hash)].hash;
    *times = *last == hash ? *times + 1 : 1;
    *last = hash;
    return *times > 1 && (*times & (*times - 1)) == 0;
}

void habit_learn(struct replay *replay, const struct trace_event *event,
                 const struct trace_event *after)
{
    struct process_replay *replayed = replay->current;
    if (!replayed->brief.habits)
        replayed->brief.habits = xcalloc(1, sizeof(*replayed->brief.habits));
    if (!habits_pay(replayed->brief.habits))
        return;
    const uint32_t hash = habit_hash(event, after);
    if (is_to_be_learnt(replayed->brief.habits, hash) && after - event <= HABIT_STEPS)
        learn(replay, event, after, hash);
}
