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

/* Zeroed but for `on`: nothing is known. */
struct young_only {
    uint64_t pool; /* that is there; 0: none */
    uint32_t kind; /* which ones these are, the caller's number; 0: none was told of yet */
    bool on;       /* pools may be young */
    bool young;    /* the pool is */
    bool several;  /* there were two at once, or there are other kinds: none is young any more */
};

extern struct young_only young_only; /* the process's */

/* One of KIND, not 0, at POOL has been told of: one that was there before has been, too. */
void only_told(uint32_t kind, uint64_t pool);

/* May one of KIND be young: is there no other? */
static inline bool only_may_be_young(uint32_t kind)
{
    return young_only.kind == kind && !young_only.pool && !young_only.several;
}

/* POOL, which may, is. */
static inline void only_is_young(uint64_t pool)
{
    young_only.pool = pool;
    young_only.young = true;
}

/* Is POOL the one, and young? */
static inline bool only_is(uint64_t pool)
{
    return young_only.young && young_only.pool == pool;
}

/* POOL has ended, or another one is made at its address. */
static inline void only_ended(uint64_t pool)
{
    if (young_only.pool != pool)
        return;
    young_only.pool = 0;
    young_only.young = false;
}

#endif
