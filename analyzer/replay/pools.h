/*
 * pools.h - the events by which pools begin, end, move and get names; and how an event finds its
 * pool.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_POOLS_H
#define ANALYZER_REPLAY_POOLS_H

#include "analyzer/replay/internal.h"
#include "analyzer/symbols/stack_ids.h"

/* The event of each kind. */
void replay_create(struct replay *replay, const struct trace_event *event);
void replay_adopt(struct replay *replay, const struct trace_event *event);
void replay_destroy(struct replay *replay, const struct trace_event *event);
void replay_clear(struct replay *replay, const struct trace_event *event);
void replay_move(struct replay *replay, const struct trace_event *event);
void replay_orphan(struct replay *replay, const struct trace_event *event);
void replay_relocate(struct replay *replay, const struct trace_event *event);
void replay_name(struct replay *replay, const struct trace_event *event);
/* Of pools that were young, see analyzer/replay/young.c. */
void replay_gone(struct replay *replay, const struct trace_event *event);
void replay_young(struct replay *replay, const struct trace_event *event);
void replay_took_at(struct replay *replay, const struct trace_event *event);
void replay_like(struct replay *replay, const struct trace_event *event);
void replay_again(struct replay *replay, const struct trace_event *event);
/* Makes room for a new pool at ADDRESS: one that is there has ended without telling. */
void replay_make_room(struct replay *replay, uint64_t address);
void replay_survivor(struct replay *replay, const struct trace_event *event);

/* The pool that EVENT makes, where there is none, at STACK below PARENT, if that is alive; nobody
 * is told. */
struct pool *replay_add_pool(struct replay *replay, const struct trace_event *event,
                             const struct pool *parent, uint32_t stack, uint32_t system);

/* EVENT is on POOL, which is not alive; NULL: it was never seen. */
void replay_stale(struct replay *replay, const struct trace_event *event, const struct pool *pool);

/* POOL is alive, and was seen to be cleared: is it still, by a call that STACK is in? What it gives
 * to a cleanup then is gone with the rest. If it is not, it is not asked again. */
bool replay_is_clearing(const struct replay *replay, struct pool *pool, uint32_t stack);

static inline uint32_t stack_of(struct replay *replay, const struct trace_event *event)
{
    uint32_t number;
    if (!stack_ids_number(replay->current->stacks, event->stack, &number))
        replay->stats->unknown_stacks++;
    return number;
}

static inline void note_seen(const struct replay *replay, struct pool *pool)
{
    pool->last_tick = replay->current->process->tick;
    pool->last_unit = replay->current->process->unit;
}

/* POOL, that EVENT is on; NULL, and told of, when it is gone or was never seen. */
static inline struct pool *check_pool(struct replay *replay, const struct trace_event *event,
                                      struct pool *pool)
{
    if (pool && pool->state == POOL_ALIVE) {
        note_seen(replay, pool);
        return pool;
    }
    if (!pool || pool->state == POOL_GONE || event->kind != TRACE_EVENT_DESTROY)
        replay_stale(replay, event, pool);
    return pool && pool->state == POOL_DYING ? pool : NULL;
}

/* The same of the pool at the address that EVENT names. */
static inline struct pool *find_pool(struct replay *replay, const struct trace_event *event)
{
    return check_pool(replay, event, pool_tree_last(&replay->current->tree, event->pool));
}

/* Before the bytes of POOL change: what they were at the worst moment so far stays known. */
static inline void keep_peak(const struct process *process, struct pool *pool)
{
    if (pool->peak_moment == process->peak_moment)
        return;
    pool->peak_bytes = pool->bytes;
    pool->peak_moment = process->peak_moment;
}

#endif
