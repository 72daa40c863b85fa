/*
 * only.h - the pool of which a process has one at a time: whether the next one may be young. When
 * one is made, who reads the trace tells of the one before that is there still.
 *
 * As pools.h, async-signal-safe, and for one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_ONLY_H
#define PRELOAD_YOUNG_ONLY_H

#include <stdbool.h>
#include <stdint.h>

/* Zeroed: nothing is known. */
struct young_only {
    uint64_t pool; /* that is there; 0: none */
    uint32_t kind; /* which ones these are, the caller's number; 0: none was told of yet */
    bool young;    /* the pool is */
    bool several;  /* there were two at once, or there are other kinds: none is young any more */
};

/* One of KIND, not 0, at POOL has been told of: one that was there before has been, too. */
void only_told(struct young_only *only, uint32_t kind, uint64_t pool);

/* May one of KIND be young: is there no other? */
static inline bool only_may_be_young(const struct young_only *only, uint32_t kind)
{
    return only->kind == kind && !only->pool && !only->several;
}

/* POOL, which may, is. */
static inline void only_is_young(struct young_only *only, uint64_t pool)
{
    only->pool = pool;
    only->young = true;
}

/* Is POOL the one, and young? */
static inline bool only_is(const struct young_only *only, uint64_t pool)
{
    return only->young && only->pool == pool;
}

/* POOL has ended, or another one is made at its address. */
static inline void only_ended(struct young_only *only, uint64_t pool)
{
    if (only->pool != pool)
        return;
    only->pool = 0;
    only->young = false;
}

#endif
