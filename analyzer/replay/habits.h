/*
 * habits.h - nests of brief pools that come again: a pool with all that were made in its life, by
 * the same backtraces in the same order, whatever their addresses and sizes. What such a nest does
 * was found out when it came before, so only what can differ is looked at; see brief_kinds.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_HABITS_H
#define ANALYZER_REPLAY_HABITS_H

#include "analyzer/replay/internal.h"

#define HABIT_POOLS  16
#define HABIT_STACKS 512 /* of the runs of allocations, together */
#define HABIT_NONE   0xff
#define HABIT_STEPS  64
#define HABITS_TRIED 512 /* times, before it is judged whether it pays: ... */
#define HABITS_PART  2   /* ... one in so many comes again */
#define HABITS       256 /* a power of two */

/* One of its events. */
struct habit_step {
    uint8_t kind;    /* enum trace_event_kind */
    uint8_t pool;    /* index */
    uint8_t parent;  /* CREATE: index; HABIT_NONE: one that is there already */
    uint32_t stack;  /* id */
    uint32_t detail; /* ALLOC: its run, CREATE: its system, NAME: its id */
};

/* One of its pools, in the order in which they are made. */
struct habit_pool {
    uint64_t mask;               /* sizes are rounded up to a multiple of this and one */
    uint32_t created, destroyed; /* stacks */
    uint32_t first_tag, tag;
    bool had_pools;
    uint8_t within; /* 0, or the index of its parent in the nest, + 1 */
    uint32_t allocations;
    uint32_t events;                 /* on pools, up to its end */
    uint16_t others;                 /* bits: the pools that are there when it is made */
    uint32_t above, above_life;      /* number and serial of its parent the last time */
    uint32_t quiet;                  /* bits: who need not be told of it, see on_brief_again */
    uint32_t notes[HABIT_OBSERVERS]; /* of who is told */
};

struct habit {
    uint32_t thread, hash;
    uint64_t era; /* in which `quiet` counts */
    enum api_mark_kind unit;
    uint32_t step_count, pool_count;
    uint64_t events, pool_events, allocations;
    struct habit_pool pools[HABIT_POOLS];
    const uint32_t *stacks; /* ids, of the runs, behind the steps */
    struct habit_step steps[];
};

/* A process's; zeroed at first. */
struct habits {
    uint64_t asked, met;
    struct { /* what came last: remembered the second time, the fourth ... */
        uint32_t hash, times;
    } seen[HABITS];
    struct habit *items[HABITS];
    struct met *phrases[HABITS]; /* by their number: what those were that met a habit last */
};

/* False: so few come again that it costs more to look for them. */
static inline bool habits_pay(const struct habits *habits)
{
    return habits->asked < HABITS_TRIED || HABITS_PART * habits->met >= habits->asked;
}

/* A number for how the events from EVENT on begin, before END; never 0. */
uint32_t habit_hash(const struct trace_event *event, const struct trace_event *end);

/* Where the habit with that number would be. */
static inline unsigned habit_place(uint32_t hash)
{
    return hash >> 16 & (HABITS - 1);
}

/* A pool of a nest that is like a habit. */
struct met_pool {
    uint64_t address, bytes;
    uint64_t held;   /* by all of the nest when it ends */
    uint32_t number; /* once it is made */
    uint32_t above;  /* number of its parent, where that was there already */
};

struct met {
    struct habit *habit;
    uint32_t phrase;               /* 0: it is none */
    uint64_t parents[HABIT_POOLS]; /* addresses, where they were there already; else 0 */
    uint64_t most;                 /* bytes of all that are there, at most */
    uint64_t bytes;                /* of all allocations, rounded up */
    uint64_t before;               /* bytes of the process */
    uint64_t events;               /* on pools, before */
    struct met_pool pools[HABIT_POOLS];
};

/* What the events from EVENT on, before END, begin with and are like, until the next call: in ROOM,
 * or what is known of a phrase. NULL: nothing that is known, or it cannot be replayed as such. */
struct met *habit_meet(struct replay *replay, const struct trace_event *event,
                       const struct trace_event *end, struct met *room);

/* The events from EVENT on up to AFTER were replayed as a nest of brief pools, with no fault. */
void habit_learn(struct replay *replay, const struct trace_event *event,
                 const struct trace_event *after);

/* Replays the events that MET tells of, from EVENT on. */
void habit_replay(struct replay *replay, const struct trace_event *event, struct met *met);

#endif
