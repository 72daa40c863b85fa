/*
 * endings.h - calls on a young pool that has ended, from within the call that ends it: a cleanup
 * takes from it, or its blocks are put aside. They are no use after its end, and nothing is written
 * of them.
 *
 * As fates.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_ENDINGS_H
#define PRELOAD_HOOKS_ENDINGS_H

#include "preload/hooks/young_call.h"
#include "preload/trace/stream.h"
#include "preload/young/pools.h"

/* POOL has ended by CALL. */
static inline void ending_note(struct young_pools *young, const struct young_pool *pool,
                               const struct generation_call *call)
{
    struct young_more *more = &young->more[pool - young->pools];
    more->end_sp = call->start ? call->start->sp : 0;
    more->end_ip = call->start ? call->start->ip : 0;
}

/* Is CALL made by the one that ended POOL, which has not come back yet? False also where that would
 * take a backtrace. */
bool ending_goes_on(struct young_pools *young, const struct young_pool *pool,
                    const struct generation_call *call);

/* The same, with a backtrace where it takes one. */
bool ending_finds(struct stream *stream, struct young_pools *young, const struct young_pool *pool,
                  const struct generation_call *call);

#endif
