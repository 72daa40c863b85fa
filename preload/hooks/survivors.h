/*
 * survivors.h - pools that were not in the trace are written after all: as of when they were made,
 * or as ones that have ended; and sums of those that were not.
 *
 * All is async-signal-safe, for the one thread that has the young pools to itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_SURVIVORS_H
#define PRELOAD_HOOKS_SURVIVORS_H

#include "preload/hooks/pool_system.h"
#include "preload/trace/file.h"
#include "preload/trace/stream.h"
#include "preload/young/only.h"
#include "preload/young/places.h"
#include "preload/young/pools.h"

/* What of a process is young, or was. */
struct generation {
    struct young_pools *pools;
    struct young_places *places;
    struct pool_system *systems[TRACE_SYSTEMS_MAX]; /* of the pools, by number */
    bool in_unit;                                   /* a unit of work goes on */
    bool crowded; /* there were more pools in it than are kept: no more are */
    bool apart;   /* which unit it is will be told: see survivors_end() */
    uint32_t unit;
    uint32_t made;   /* pools in the unit, in whatever way */
    uint64_t summed; /* second in which sums were written last */
};

/* POOL, alive, is written, those above it first: it is young no more. SURVIVES: so are all that its
 * place makes from now on. */
void survivors_write(struct stream *stream, struct generation *generation, struct young_pool *pool,
                     bool survives);
/* Does POOL, alive, stand for others as soon as it ends, or is it as one that does? That one's
 * number or, before it has one, its *KEY; both 0: neither. */
uint32_t survivors_alike(struct generation *generation, const struct young_pool *pool,
                         uint64_t *key);

/* As survivors_write(), of one that is about to end: others that are as it was are counted from
 * then on. */
void survivors_write_ending(struct stream *stream, struct generation *generation,
                            struct young_pool *pool);
void survivors_write_all(struct stream *stream, struct generation *generation, bool survive);

/* POOL was made by STACK, and is in the trace. */
void survivors_note_made(struct young_pools *young, uint64_t pool, uint32_t stack);

/* What passes is written, see preload/young/passing.h: of POOL or, where that is 0, of all; ITEM.
 */
void survivors_write_passing(struct stream *stream, struct generation *generation, uint64_t pool);
void survivors_write_item(struct stream *stream, struct generation *generation,
                          struct passing_item *item);

/* The trace has how many events have passed. */
void survivors_count_passed(struct generation *generation);

/* The same, at the end of a unit, of what has stayed as long as is usual. */
void survivors_write_stayed(struct stream *stream, struct generation *generation);

/* POOL, which has ended, is written as one that did. */
void survivors_write_gone(struct stream *stream, struct generation *generation,
                          struct young_pool *pool);
void survivors_write_all_gone(struct stream *stream, struct generation *generation);

/* POOL, alive, ends at STACK, WITH one above it or by itself, as ENDING has it: it is counted. */
void survivors_end(struct generation *generation, struct young_pool *pool,
                   struct young_ending *ending, uint32_t stack, bool with);

/* What POOL, YOUNG_REFILLED, holds is written: see preload/young/refills.h. The same of those that
 * were not cleared in UNIT or, where that is 0, of all. */
void survivors_write_refilled(struct stream *stream, struct generation *generation,
                              struct young_pool *pool);
void survivors_write_uncleared(struct stream *stream, struct generation *generation, uint32_t unit);

/* Did other pools end at the stack that POOL, which has ended, did at, since? */
bool survivors_is_over(const struct young_pool *pool);

#define SURVIVORS_ENDS                                                                             \
    256u /* stacks, by a hash: of others it is not known whether pools ended there since */

extern struct survivors_end {
    uint32_t stack, serial;
} survivors_ends[SURVIVORS_ENDS];
extern uint32_t survivors_ended; /* so many ends were noted */

/* Another pool ended at STACK. */
static inline void survivors_note_end(uint32_t stack)
{
    survivors_ends[stack % SURVIVORS_ENDS].stack = stack;
    survivors_ends[stack % SURVIVORS_ENDS].serial = ++survivors_ended;
}

/* As survivors_end(), of one that no other is as: it is in STATE then. */
static inline void survivors_end_alone(struct generation *generation, struct young_pool *pool,
                                       struct young_ending *ending, uint32_t stack,
                                       enum young_state state)
{
    places_add(generation->places, ending, pool->allocations, pool->bytes, pool->above);
    only_ended(pool->address);
    pool->ended = stack;
    pool->serial = survivors_ended;
    young_end(generation->pools, pool, state);
    if (trace_file_header())
        trace_file_header()->young[TRACE_YOUNG_ENDED]++;
}

/* Writes the sums that are due, or all. */
void survivors_sum_up(struct stream *stream, struct generation *generation, bool all);

/* They are another process's to write. */
void survivors_forget_sums(struct generation *generation);

#endif
