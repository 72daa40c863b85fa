/*
 * fates.h - what becomes of a call where pools are young: it is to be written as any other, it is
 * dealt with, or something must be written before.
 *
 * Nothing here writes to the trace. All is async-signal-safe, for the one thread that has the young
 * pools to itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_FATES_H
#define PRELOAD_HOOKS_FATES_H

#include "preload/hooks/survivors.h"
#include "preload/hooks/young_call.h"
#include "preload/trace/file.h"
#include "preload/trace/stream.h"
#include "preload/util/clock.h"
#include "preload/util/threads.h"
#include "preload/young/pools.h"
#include "preload/young/quick.h"

/* NULL: no pool is young, nor was one. */
extern struct young_pools *generation_pools;

/* And all that there is of it. */
extern struct generation generation_now;

/* A pool that holds more bytes is written, if its place is to be told of. */
extern uint32_t generation_bytes_most;

static inline bool generation_alone(void)
{
    return threads_alone() && !streams_are_several();
}

/* Where pools are young: can what becomes of a call be asked, by who has STREAM? */
static inline bool generation_may_try(const struct stream *stream)
{
    const struct young_pools *young = generation_pools;
    return young && !young->busy && !young->waits && stream->depth == 0 && generation_alone();
}

/* The same; then nobody else may until it has ended. */
static inline bool generation_begin_try(const struct stream *stream)
{
    if (!generation_may_try(stream))
        return false;
    generation_pools->busy = true;
    quick_forget();
    __asm__ volatile("" ::: "memory"); /* a handler from here on leaves them alone */
    return true;
}

static inline void generation_end_try(void)
{
    __asm__ volatile("" ::: "memory");
    if (generation_pools)
        generation_pools->busy = false;
}

/* SIZE bytes, as the pool system rounds them up, are taken from OF. False: that is too much, or it
 * is to be looked at where. */
static inline bool generation_count(struct young_pool *of, uint64_t size)
{
    if (of->allocations + 1 >= of->look_at || size > of->most - of->bytes)
        return false;
    of->allocations++;
    of->bytes += (uint32_t)size;
    return true;
}

/* The same of the pool at the address POOL: UNCLEAR or YOUNG, where it is young. SIZE is not
 * rounded up yet where ROUNDS. */
static inline __attribute__((always_inline)) enum generation_fate
generation_take_from(uint64_t pool, uint64_t size, bool rounds)
{
    struct young_pools *young = generation_pools;
    struct young_pool *of = __builtin_expect(young != NULL, false) ? young_find(young, pool) : NULL;
    if (!of)
        return GENERATION_OLDER;
    if (rounds)
        size = (size + of->part) & ~(uint64_t)of->part;
    if (young->busy || young->waits || of->state != YOUNG_LIVE || !generation_alone())
        return GENERATION_UNCLEAR;
    young->busy = true;
    __asm__ volatile("" ::: "memory"); /* a handler in between leaves it alone */
    const bool counted = generation_count(of, size);
    if (counted && rounds) /* else pools are watched, perhaps */
        quick_note(of);
    __asm__ volatile("" ::: "memory");
    young->busy = false;
    return counted ? GENERATION_YOUNG : GENERATION_UNCLEAR;
}

static inline enum generation_fate generation_take(uint64_t pool, uint64_t size)
{
    return generation_take_from(pool, size, false);
}

/* SIZE is at most YOUNG_BYTES_MAX, and no pool is watched. */
static inline enum generation_fate generation_take_rounded(uint64_t pool, uint64_t size)
{
    return generation_take_from(pool, size, true);
}

/* The same of an allocation that is looked at: CALL takes from OF, alive. False: that is too much.
 */
bool fate_look(const struct generation *now, struct young_pool *of,
               const struct generation_call *call);

/* The fate of CALL. If that is unclear, nothing was done. */
enum generation_fate fate_of(struct generation *now, const struct generation_call *call);

/* The same of one that makes, ends or names a pool. */
enum generation_fate fate_create(struct generation *now, const struct generation_call *call);
enum generation_fate fate_destroy(struct generation *now, const struct generation_call *call);
enum generation_fate fate_name(struct generation *now, const struct generation_call *call);

/* Is it known that nothing that passes is in pools below the one that CALL ends, empties or moves,
 * if at all? */
bool fate_is_apart(const struct generation *now, const struct generation_call *call);

/* May what passes be in that pool, or in one below? */
bool fate_takes_along(const struct generation *now, const struct generation_call *call);

/* POOL, which is in the trace, is about to end. */
void fate_older_ends(struct generation *now, uint64_t pool);

/* POOL, new, is what CALL makes; PARENT: the pool above it, if that is young. */
static inline void fate_begin(struct generation *now, const struct generation_call *call,
                              struct young_pool *pool, struct young_pool *parent)
{
    pool->parent = call->parent;
    pool->made = clock_ticks();
    pool->created = call->stack;
    pool->serial = ++now->made;
    pool->system = (uint8_t)call->system->number;
    pool->most = generation_bytes_most;
    pool->part = (uint8_t)(call->system->align - 1);
    if (call->system->gives_back) /* each allocation is an object: see object_fates.c */
        pool->look_at = 1;
    now->systems[pool->system] = call->system;
    if (parent)
        parent->above = true;
    trace_file_header()->young[TRACE_YOUNG_MADE]++;
}

/* May a pool that CALL makes be young, in whatever place? */
bool fate_may_be_young(const struct generation *now, const struct generation_call *call);

/* How POOL, alive, ends at STACK, WITH one above it or by itself; what is known of that, NULL: it
 * is to be written. */
static inline struct young_way fate_way(const struct young_pool *pool, uint32_t stack, bool with)
{
    return (struct young_way){.created = pool->created,
                              .ended = stack,
                              .names = pool->first | (uint32_t)pool->name << 16,
                              .with = with};
}
struct young_ending *fate_ending(struct generation *now, struct young_pool *pool, uint32_t stack,
                                 bool with);

#endif
