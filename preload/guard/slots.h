/*
 * slots.h - allocations that are served from pages of their own: each ends at a page that cannot
 * be touched, or begins behind one, and cannot be touched itself once its pool has ended.
 *
 * A dead slot stays so until its page is needed: the one that died first is taken first. Each
 * process has its own; a forked one goes on with copies of its parent's. Async-signal-safe, from
 * any thread; errno stays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_SLOTS_H
#define PRELOAD_GUARD_SLOTS_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_BYTES 4096u /* the largest allocation that is served */

/* ALL: every allocation is to be served, so there are many slots; else a few hundred. Once. False:
 * there is no memory for them. */
bool slots_setup(bool all);

/* No page can be closed or opened from here on: all can be touched, and none is taken any more. */
void slots_end(void);

/* In the child of a fork: it may take more than what its parent had. */
void slots_forked(void);

/* SIZE bytes, zeroed, at most SLOT_BYTES, for POOL, at a multiple of ALIGN, a power of two up to
 * 16. FRONT: what is before them cannot be touched, else what is behind. 0: there is no room. */
uint64_t slots_take(uint64_t pool, uint64_t size, uint32_t align, bool front);

/* May POOL have any? Most have none. */
bool slots_may_have(uint64_t pool);

/* POOL is about to end or to be cleared; it has; it is made, and what it had before is dead. What
 * is taken from it in between, by its cleanups, is dead when a pool is made in its place. */
void slots_pool_ends(uint64_t pool);
void slots_pool_ended(uint64_t pool);
void slots_pool_made(uint64_t pool);

/* What an address that cannot be touched belongs to. */
struct slots_hit {
    uint64_t pool, start; /* of the allocation */
    uint64_t page;        /* that cannot be touched */
    uint32_t slot;
    bool dead; /* its pool has ended; else the address is beyond it */
    bool open; /* it can be touched already: another thread was first */
};

/* False: to none. */
bool slots_find(uint64_t address, struct slots_hit *hit);

/* Would a touch of ADDRESS be found? Nothing changes by asking. */
bool slots_is_closed(uint64_t address);

/* From here on the page of HIT can be touched. False: the kernel does not let it. */
bool slots_open(const struct slots_hit *hit);

/* Calls SEEN for each allocation whose pool lives: of which pool, from where to where. */
void slots_each(void (*seen)(void *data, uint64_t pool, uint64_t begin, uint64_t end), void *data);

#endif
