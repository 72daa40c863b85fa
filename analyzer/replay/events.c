/* events.c - each event goes to what replays its kind; runs of allocations at once. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/allocations.h"
#include "analyzer/replay/pools.h"

/* A pool that the program has and the record has not counts as one of which nothing was seen. */
static void on_survey(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = pool_tree_find(&replay->current->tree, event->pool);
    /* What is told of a pool as it is adopted was not traced. */
    const bool told =
        pool && pool->inherited && event->tick <= replay->current->member->header.attached_tick;
    if (!told)
        compare_used(replay, pool, event->used);
    if (pool)
        replay_learn_capacity(replay, pool, event->capacity);
}

static void on_root(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    if (!api_set_root(replay_apis(replay), event->number))
        return;
    uint32_t *held = &replayed->roots[event->number];
    if (*held)
        replayed->tree.pools[*held].root = 0;
    struct pool *pool = pool_tree_find(&replayed->tree, event->pool);
    *held = pool ? pool->number : 0;
    if (!pool)
        return;
    if (pool->root)
        replayed->roots[pool->root - 1] = 0;
    pool->root = (uint8_t)(event->number + 1);
}

static void on_end(struct replay *replay, const struct trace_event *event)
{
    replay->current->process->ended = true;
    replay->current->process->exit_status = (int)(event->number & 0xff);
}

/* Is it one after which other pools may be of interest? */
static bool is_of_all(const struct trace_event *event)
{
    const enum trace_event_kind kind = event->kind;
    return (!is_pool_event(event) && kind != TRACE_EVENT_NAME && kind != TRACE_EVENT_LABEL &&
            kind < TRACE_EVENT_SURVIVOR) ||
           kind == TRACE_EVENT_UNITS;
}

/* It is for who asks how a pool's blocks came about: see on_event. */
static void on_with(struct replay *replay, const struct trace_event *event)
{
    (void)replay;
    (void)event;
}

/* Is it one after which roles, or what observers know of pools by other means, may be others? */
static bool begins_era(const struct trace_event *event)
{
    static const uint64_t usual =
        UINT64_C(1) << TRACE_EVENT_ALLOC | UINT64_C(1) << TRACE_EVENT_CREATE |
        UINT64_C(1) << TRACE_EVENT_DESTROY | UINT64_C(1) << TRACE_EVENT_NAME |
        UINT64_C(1) << TRACE_EVENT_CLEAR | UINT64_C(1) << TRACE_EVENT_MARK |
        UINT64_C(1) << TRACE_EVENT_OBJECT | UINT64_C(1) << TRACE_EVENT_FREE |
        UINT64_C(1) << TRACE_EVENT_RELEASE | UINT64_C(1) << TRACE_EVENT_RESET |
        UINT64_C(1) << TRACE_EVENT_LABEL | UINT64_C(1) << TRACE_EVENT_WITH;
    return !(usual >> event->kind & 1);
}

static void replay_single(struct replay *replay, const struct trace_event *event)
{
    static void (*const apply[])(struct replay *, const struct trace_event *) = {
        [TRACE_EVENT_ALLOC] = replay_alloc,
        [TRACE_EVENT_CREATE] = replay_create,
        [TRACE_EVENT_DESTROY] = replay_destroy,
        [TRACE_EVENT_NAME] = replay_name,
        [TRACE_EVENT_CLEAR] = replay_clear,
        [TRACE_EVENT_MARK] = replay_mark,
        [TRACE_EVENT_ROOT] = on_root,
        [TRACE_EVENT_FORK] = replay_fork,
        [TRACE_EVENT_SURVEY] = on_survey,
        [TRACE_EVENT_END] = on_end,
        [TRACE_EVENT_OBJECT] = replay_object,
        [TRACE_EVENT_FREE] = replay_free,
        [TRACE_EVENT_MOVE] = replay_move,
        [TRACE_EVENT_RESET] = replay_clear,
        [TRACE_EVENT_RELOCATE] = replay_relocate,
        [TRACE_EVENT_ORPHAN] = replay_orphan,
        [TRACE_EVENT_ADOPT] = replay_adopt,
        [TRACE_EVENT_FOUND] = compare_found,
        [TRACE_EVENT_LARGE] = compare_told_large,
        [TRACE_EVENT_RELEASE] = replay_free,
        [TRACE_EVENT_WALK] = replay_walk,
        [TRACE_EVENT_UNREACHABLE] = replay_unreachable,
        [TRACE_EVENT_DANGLING] = replay_dangling,
        [TRACE_EVENT_LABEL] = replay_label,
        [TRACE_EVENT_GUARDED] = replay_guarded,
        [TRACE_EVENT_FAULT] = replay_fault,
        [TRACE_EVENT_SURVIVOR] = replay_survivor,
        [TRACE_EVENT_TOOK] = replay_took,
        [TRACE_EVENT_GONE] = replay_gone,
        [TRACE_EVENT_YOUNG] = replay_young,
        [TRACE_EVENT_WATCHED] = replay_watched,
        [TRACE_EVENT_USED] = replay_used,
        [TRACE_EVENT_WITH] = on_with,
        [TRACE_EVENT_PLACE] = replay_took_at,
        [TRACE_EVENT_LIKE] = replay_like,
        [TRACE_EVENT_AGAIN] = replay_again,
        [TRACE_EVENT_UNITS] = replay_units,
        [TRACE_EVENT_LABELLED] = replay_labelled,
    };
    struct process *process = replay->current->process;
    process->tick = event->tick;
    NOTIFY(replay, on_event, process, event);
    replay->stats->events++;
    process->events += is_pool_event(event) || event->kind == TRACE_EVENT_SURVIVOR;
    apply[event->kind](replay, event);
    replay->current->brief.era += begins_era(event);
    if (is_of_all(event))
        next_generation(replay);
}

static struct trace_event event_of_run(const struct trace_event *run,
                                       const struct trace_allocation *allocation)
{
    return (struct trace_event){.kind = TRACE_EVENT_ALLOC,
                                .thread = run->thread,
                                .stack = allocation->stack,
                                .tick = run->tick,
                                .pool = run->pool,
                                .size = allocation->size};
}

/* Whether EVENT may be the second half of what enlarges an allocation: nothing ends between the
 * two, or the allocation were gone at the end of a moment. */
static bool is_second_half(struct process_replay *replayed, const struct trace_event *event)
{
    const enum trace_event_kind kind = event->kind;
    const bool moves = kind == TRACE_EVENT_RELOCATE;
    const bool takes = kind == TRACE_EVENT_ALLOC || kind == TRACE_EVENT_OBJECT || moves;
    const bool second = replayed->gave_back && takes && event->thread == replayed->process->thread;
    replayed->gave_back = kind == TRACE_EVENT_FREE || kind == TRACE_EVENT_RELEASE || moves;
    return second;
}

void replay_event(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    const bool second_half = is_second_half(replayed, event);
    if (event->thread != replayed->process->thread)
        replay_turn(replay, event->thread);
    if (event->tick >= replayed->moment_ends && !second_half)
        replay_begin_moment(replay, event->tick);
    if (event->kind != TRACE_EVENT_ALLOC || event->run == 0) {
        replay_single(replay, event);
        return;
    }
    for (uint32_t i = 0; i < event->run;) {
        struct pool *pool = replay_unobserved_pool(replay, event);
        if (pool) {
            const uint64_t heard = pool->heard_again - pool->allocations - 1;
            const uint32_t left = event->run - i, count = left < heard ? left : (uint32_t)heard;
            replay_unobserved(replay, event, pool, event->allocations + i, count);
            i += count;
            continue;
        }
        struct trace_event single = event_of_run(event, &event->allocations[i++]);
        replay_single(replay, &single);
    }
}
