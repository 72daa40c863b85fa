/*
 * object_fates.h - what becomes of what is taken from pools that are young, or cleared in each unit
 * of work, and can be given back by itself.
 *
 * As fates.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_OBJECT_FATES_H
#define PRELOAD_HOOKS_OBJECT_FATES_H

#include "preload/hooks/survivors.h"
#include "preload/hooks/young_call.h"

/* The fate of CALL, of an object, which is allocated, given back or resized. If that is unclear,
 * nothing was done. */
enum generation_fate object_fate_of(struct young_pools *young, const struct generation_call *call);

/* The same of what most calls do: SIZE bytes, rounded up, are taken from POOL at OBJECT, or what
 * lies there is given back. Unclear as well where more must be known of the call. */
enum generation_fate object_fate_take(struct young_pools *young, uint64_t pool, uint64_t object,
                                      uint64_t size);
enum generation_fate object_fate_give_back(struct young_pools *young, uint64_t object);

/* SIZE bytes are more than OF, alive, may hold: may it hold them all the same, as enough is known
 * of others of its place that grew so? */
bool fate_may_grow(const struct generation *now, struct young_pool *of, uint64_t size);

/* CALL takes an object from OF, alive, that is known to be more than usual. False: that is too
 * much. */
bool object_fate_look(const struct generation *now, struct young_pool *of,
                      const struct generation_call *call);

/* Is what CALL takes so much that one place may be told of that took all of it? */
bool object_fate_is_much(struct young_pools *young, const struct generation_call *call);

/* What is alive and written of POOL, alive, and those above it; 0: none is. */
uint64_t fate_written_above(struct young_pools *young, uint64_t pool);

#endif
