/*
 * alive.h - pools that were seen being made, and not ended, as far as there is room: of one that is
 * known here it is sure that it is there.
 *
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_ALIVE_H
#define PRELOAD_YOUNG_ALIVE_H

#include <stdbool.h>
#include <stdint.h>

#define ALIVE_PLACES 4096u

extern uint64_t alive_pools[ALIVE_PLACES]; /* by hash; 0: none */

static inline uint64_t *alive_place(uint64_t pool)
{
    return &alive_pools[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 12)];
}

_Static_assert(ALIVE_PLACES == 1u << 12, "as many places as there are hashes");

/* POOL was made, or has ended. Those that were before stay known: they live on, perhaps. */
static inline void alive_note(uint64_t pool)
{
    uint64_t *place = alive_place(pool);
    if (__atomic_load_n(place, __ATOMIC_RELAXED) == 0)
        __atomic_store_n(place, pool, __ATOMIC_RELAXED);
}

static inline void alive_forget(uint64_t pool)
{
    uint64_t *place = alive_place(pool);
    if (__atomic_load_n(place, __ATOMIC_RELAXED) == pool)
        __atomic_store_n(place, 0, __ATOMIC_RELAXED);
}

static inline bool alive_is(uint64_t pool)
{
    return __atomic_load_n(alive_place(pool), __ATOMIC_RELAXED) == pool;
}

#endif
