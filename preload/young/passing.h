/*
 * passing.h - what is taken from older pools and given back soon after: of a place all of whose
 * allocations were, the next ones are not written, unless they stay longer than those did.
 *
 * As pools.h, which has it, async-signal-safe, and for one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_PASSING_H
#define PRELOAD_YOUNG_PASSING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PASSING_ITEMS   2048u         /* allocations that are known */
#define PASSING_PLACES  4096u         /* backtraces that took them */
#define PASSING_MOST    255u          /* that are not written at a time: of so few, ... */
#define PASSING_BYTES   (64u * 1024u) /* ...with so few bytes, no rule tells */
#define PASSING_UNITS   16u           /* of work, that one may stay on */
#define PASSING_TRUSTED 32u           /* one after the other that did not stay: so will the next */
#define PASSING_DOUBTS  7u            /* doublings of that, for a place that was trusted wrongly */

/* Who takes: a backtrace. */
struct passing_place {
    uint32_t stack;
    uint16_t given_back; /* one after the other, or as many as matter */
    uint8_t doubts;
    uint8_t units; /* of work, that the longest stayed on */
};

/* Numbers are from 1; 0: none. */
struct passing_item {
    uint64_t address, pool;
    uint32_t bytes, unit; /* bytes: asked for */
    uint16_t place;
    uint16_t older, newer; /* of those that are written, or those that are not */
    uint16_t chained;      /* the next one with the same hash, or that is free */
    bool written;
};

struct passing {
    uint32_t unit;                 /* of work, that goes on; 0: none does */
    uint32_t bytes, count;         /* of those not written */
    uint64_t passed;               /* events that were not written, since somebody asked */
    uint16_t oldest[2], newest[2]; /* not written, and written */
    uint16_t unused, limit;        /* as of pools */
    uint16_t place_count;
    bool unsure; /* a pool may be below another that was made after it, or before it is known */
    uint16_t heads[PASSING_ITEMS]; /* by hash of the address */
    uint16_t place_index[2 * PASSING_PLACES];
    struct passing_item items[PASSING_ITEMS + 1];
    struct passing_place places[PASSING_PLACES + 1];
};

/* An allocation: of BYTES at ADDRESS, not 0, from POOL by STACK, not 0. */
struct passing_call {
    uint64_t address, pool, bytes;
    uint32_t stack;
};

/* A pool as such, that STACK made. */
static inline struct passing_call passing_pool(uint64_t pool, uint32_t stack)
{
    return (struct passing_call){.address = pool | 1, .pool = pool, .stack = stack};
}

static inline uint32_t passing_slot(uint64_t address)
{
    return (uint32_t)((address >> 4) * 0x9e3779b97f4a7c15u >> (64 - 11));
}

_Static_assert(PASSING_ITEMS == 1u << 11, "as many slots as there are hashes");

/* The one at ADDRESS; NULL: none is known. */
static inline struct passing_item *passing_find(struct passing *passing, uint64_t address)
{
    uint16_t number = passing->heads[passing_slot(address)];
    while (number && passing->items[number].address != address)
        number = passing->items[number].chained;
    return number ? &passing->items[number] : NULL;
}

static inline uint32_t passing_stack(const struct passing *passing, const struct passing_item *item)
{
    return passing->places[item->place].stack;
}

/* Need CALL, from a pool that is known to be there, not be written? */
bool passing_may(struct passing *passing, const struct passing_call *call);

/* It is known from now on, as far as there is room, WRITTEN or not. What was there before is there
 * no more. */
void passing_take(struct passing *passing, const struct passing_call *call, bool written);

/* ITEM is given back by itself. */
void passing_give_back(struct passing *passing, struct passing_item *item);

/* ITEM is there no more, in whatever way. */
void passing_forget(struct passing *passing, struct passing_item *item);

/* ITEM is written. */
void passing_tell(struct passing *passing, struct passing_item *item);

/* Those that are not written, in the order in which they were taken: NULL is before the first, and
 * behind the last. */
static inline struct passing_item *passing_next(struct passing *passing,
                                                const struct passing_item *item)
{
    const uint16_t next = item ? item->newer : passing->oldest[0];
    return next ? &passing->items[next] : NULL;
}

/* Is one of POOL's among them? */
bool passing_has(struct passing *passing, uint64_t pool);

/* Was the pool of one of them made after MADE, a pool? */
bool passing_has_since(struct passing *passing, const struct passing_item *made);

/* Is what STACK took in UNIT, or made, and is there at the end of this one, about to go? If not, it
 * is from now on as if it knew nothing of STACK. */
bool passing_goes(struct passing *passing, uint32_t stack, uint32_t unit);

/* Is there no room for one more place? Then nothing is known any more; all is written before. */
static inline bool passing_is_full(const struct passing *passing)
{
    return passing->place_count == PASSING_PLACES;
}
void passing_wipe(struct passing *passing);

/* At the end of a unit: those that have stayed for too many are known no more, nor are their places
 * trusted. */
void passing_grow_old(struct passing *passing);

#endif
