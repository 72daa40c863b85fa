/*
 * alike.h - young pools that took much: the first one of those that are alike is written, the
 * others are counted.
 *
 * As pools.h, async-signal-safe, and for one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_ALIKE_H
#define PRELOAD_YOUNG_ALIKE_H

#include "preload/young/pools.h"

#define ALIKES            1024u         /* pools that stand for others, a power of two */
#define ALIKE_ALLOCATIONS 256u          /* took much: so many allocations, ... */
#define ALIKE_BYTES       (16u * 1024u) /* ...or bytes */

struct young_alike {
    uint64_t key;   /* what they have in common; 0: none */
    uint32_t count; /* not written yet */
    uint32_t next;  /* number of the next one with a count, 0: none */
    uint32_t unit;  /* of work, in which the last one was */
};

struct young_alikes {
    uint32_t pending; /* number of the first one with a count, 0: none */
    struct young_alike items[ALIKES];
};

/* Did POOL take so much that it matters where? */
static inline bool alike_matters(const struct young_pool *pool)
{
    return pool->looks && (pool->allocations >= ALIKE_ALLOCATIONS || pool->bytes >= ALIKE_BYTES);
}

/* What POOL, made in one with PARENT as its mark, has in common with others; not 0. */
uint64_t alike_key(const struct young_pools *young, const struct young_pool *pool, uint64_t parent);

/* The number, from 1, of what has KEY; 0: nothing has. */
uint32_t alike_find(const struct young_alikes *alikes, uint64_t key);

/* A new one; 0: there is no room for it. */
uint32_t alike_add(struct young_alikes *alikes, uint64_t key);

/* One more, in UNIT, is as NUMBER. */
void alike_count(struct young_alikes *alikes, uint32_t number, uint32_t unit);

/* The next one with a count, which is the caller's to write and set to 0. Its number; 0: none. */
uint32_t alike_take(struct young_alikes *alikes);

#endif
