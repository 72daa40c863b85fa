/*
 * quick.h - the young pool that was taken from last, for the one that looks at it in a few
 * instructions and counts: preload/hooks/entry.S, which knows the layout, and that of pools.
 *
 * Who is about to change pools forgets it before.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_QUICK_H
#define PRELOAD_YOUNG_QUICK_H

#include "preload/young/pools.h"

#define QUICK_NONE UINT64_C(1) /* no pool is there */

struct young_quick {
    uint64_t address;               /* of a pool that is alive, or QUICK_NONE: */
    struct young_pool *pool;        /* that */
    bool *busy;                     /* of all pools */
    const char *alone;              /* not 0: the process has one thread */
    const volatile uint32_t *known; /* 1: it is the process that the pools are of */
};

extern struct young_quick young_quick;

static inline void quick_forget(void)
{
    __atomic_store_n(&young_quick.address, QUICK_NONE, __ATOMIC_RELAXED);
}

/* The pool; NULL: none is known. */
static inline struct young_pool *quick_pool(void)
{
    return young_quick.address == QUICK_NONE ? NULL : young_quick.pool;
}

/* Nobody may look at it meanwhile: what is to be asked is set. */
static inline void quick_note(struct young_pool *pool)
{
    young_quick.pool = pool;
    __atomic_store_n(&young_quick.address, pool->address, __ATOMIC_RELEASE);
}

#endif
