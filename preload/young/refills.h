/*
 * refills.h - pools that live on, and are cleared in each unit of work: what they took since is
 * young. They are in the trace; what they take, and that they are cleared, is not, until they are
 * written: when a unit ends in which they were not cleared, when they take much, and before
 * anything else becomes of them. Those are YOUNG_REFILLED.
 *
 * As pools.h, async-signal-safe, and for one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_REFILLS_H
#define PRELOAD_YOUNG_REFILLS_H

#include "preload/young/pools.h"

/* The pool at ADDRESS was cleared in UNIT of work, and that written. It is one from now on: as
 * such; NULL: it is not. */
struct young_pool *refill_note(struct young_pools *young, uint64_t address, uint32_t unit);

/* The pool at ADDRESS, which is none, ends. */
void refill_forget(struct young_pools *young, uint64_t address);

/* A pool was made in the one at PARENT, and that written. */
void refill_note_made(struct young_pools *young, uint64_t parent);

/* Is it to be told of POOL that it is cleared, as the trace has one that was made in it since that
 * was told last? */
bool refill_has_pools(struct young_pools *young, const struct young_pool *pool);

/* POOL is cleared in UNIT, by STACK. Now and then it is none any more, until it is cleared again,
 * as a sample: it is empty, and in the trace, too. */
void refill_clear(struct young_pools *young, struct young_pool *pool, uint32_t unit,
                  uint32_t stack);

/* POOL is none any more. */
void refill_end(struct young_pools *young, struct young_pool *pool);

/* One that was not cleared in UNIT, or 0: any; NULL: there is none. */
struct young_pool *refill_uncleared(struct young_pools *young, uint32_t unit);

#endif
