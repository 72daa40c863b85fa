/*
 * objects.h - what young pools took that can be given back by itself: where it lies, how large it
 * is and, of all but a pool's first, who took it.
 *
 * As pools.h, async-signal-safe, and for one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_OBJECTS_H
#define PRELOAD_YOUNG_OBJECTS_H

#include "preload/young/pools.h"

#define OBJECTS_UNSEEN 32u  /* of a pool: so many are taken before it is asked by whom */
#define OBJECTS_MANY   256u /* a pool that takes so many is written, as one place may be told... */
#define OBJECTS_OFTEN  16u  /* ...that took so often, ... */
#define OBJECTS_BYTES  (64u * 1024u) /* ...and so many bytes */
#define OBJECTS_REFILL 1024u         /* the same of one that is cleared in each unit */

/* The object at ADDRESS; NULL: none is known. */
static inline struct young_object *young_object_find(struct young_pools *young, uint64_t address)
{
    uint16_t number = young->object_heads[young_object_slot(address)];
    while (number && young->objects[number].address != address)
        number = young->objects[number].chained;
    return number ? &young->objects[number] : NULL;
}

/* The pool of OBJECT. */
static inline struct young_pool *young_object_pool(struct young_pools *young,
                                                   const struct young_object *object)
{
    return &young->pools[object->pool];
}

/* What POOL has beside. */
static inline struct young_more *young_more(struct young_pools *young,
                                            const struct young_pool *pool)
{
    return &young->more[pool - young->pools];
}

/* Would it be too much for POOL, alive, to take BYTES more? */
static inline bool young_object_is_much(const struct young_pool *pool,
                                        const struct young_more *more, uint64_t bytes)
{
    const uint32_t count = pool->allocations + 1 - more->cleared;
    return count >= OBJECTS_MANY ||
           (count >= OBJECTS_OFTEN && more->taken + bytes >= OBJECTS_BYTES);
}

/* OBJECT is given back to its pool. */
void young_object_remove(struct young_pools *young, struct young_object *object);

static inline uint16_t young_object_number(struct young_pools *young)
{
    const uint16_t number = young->object_unused;
    if (number) {
        young->object_unused = young->objects[number].newer;
        return number;
    }
    if (young->object_limit == 0)
        young->object_limit = 1;
    return young->object_limit > YOUNG_OBJECTS ? 0 : young->object_limit++;
}

static inline void young_object_append(struct young_pools *young, struct young_more *more,
                                       uint16_t number)
{
    if (more->last)
        young->objects[more->last].newer = number;
    else
        more->first = number;
    more->last = number;
    more->objects++;
}

/* What has NUMBER, which is free, is POOL's last one. */
static inline void young_object_set(struct young_pools *young, struct young_pool *pool,
                                    uint16_t number, uint64_t address, uint32_t bytes,
                                    uint32_t stack)
{
    struct young_more *more = young_more(young, pool);
    const uint16_t slot = (uint16_t)young_object_slot(address);
    uint16_t *head = &young->object_heads[slot];
    young->objects[number] = (struct young_object){.address = address,
                                                   .bytes = bytes,
                                                   .stack = stack,
                                                   .pool = (uint16_t)(pool - young->pools),
                                                   .older = more->last,
                                                   .chained = *head,
                                                   .slot = slot};
    *head = number;
    young_object_append(young, more, number);
    pool->allocations++;
    pool->bytes += bytes;
    more->taken += bytes;
}

/* POOL, alive, took BYTES at ADDRESS, 0: nobody knows where, by STACK, 0: the same. False: there
 * is no room for it. What was at ADDRESS is there no more. */
static inline bool young_object_add(struct young_pools *young, struct young_pool *pool,
                                    uint64_t address, uint32_t bytes, uint32_t stack)
{
    struct young_object *there = address ? young_object_find(young, address) : NULL;
    if (__builtin_expect(there != NULL, false))
        young_object_remove(young, there);
    const uint16_t number = young_object_number(young);
    if (number)
        young_object_set(young, pool, number, address, bytes, stack);
    return number != 0;
}

/* May OF take BYTES more without anything else being asked of it? */
static inline bool young_object_is_usual(const struct young_pool *of, const struct young_more *more,
                                         uint64_t bytes)
{
    if (bytes > of->most - of->bytes)
        return false;
    return of->state == YOUNG_LIVE
               ? of->allocations - more->cleared < OBJECTS_UNSEEN &&
                     more->taken + bytes < OBJECTS_BYTES
               : of->state == YOUNG_REFILLED && more->objects < OBJECTS_REFILL &&
                     of->allocations < YOUNG_ALLOCATIONS_MAX;
}

/* What most often is: SIZE bytes are taken at ADDRESS, where nothing is known to lie, from the pool
 * at the address POOL, as the last ones were. False: something is otherwise, and nothing was done.
 */
static inline __attribute__((always_inline)) bool
young_object_take(struct young_pools *young, uint64_t pool, uint64_t address, uint64_t size)
{
    struct young_pool *of = &young->pools[young->took];
    const uint16_t number = young->object_unused;
    if (of->address != pool || size > YOUNG_BYTES_MAX || !number)
        return false;
    size = (size + of->part) & ~(uint64_t)of->part;
    if (!young_object_is_usual(of, young_more(young, of), size) ||
        young_object_find(young, address))
        return false;
    young->object_unused = young->objects[number].newer;
    young_object_set(young, of, number, address, (uint32_t)size, 0);
    return true;
}

/* POOL is cleared, by STACK. */
void young_objects_clear(struct young_pools *young, struct young_pool *pool, uint32_t stack);

/* Those of POOL, in the order in which they were taken: NULL is before the first, and behind the
 * last. */
static inline struct young_object *young_object_next(struct young_pools *young,
                                                     const struct young_pool *pool,
                                                     const struct young_object *object)
{
    const uint16_t next = object ? object->newer : young_more(young, pool)->first;
    return next ? &young->objects[next] : NULL;
}

#endif
