/*
 * pools.h - pools that were made in the unit of work that goes on, and are not in the trace; and
 * those that have ended so, as long as no other was made at their address.
 *
 * All is async-signal-safe, and for one thread at a time: what a handler of its own interrupts is
 * told by `busy`.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_POOLS_H
#define PRELOAD_YOUNG_POOLS_H

#include "preload/trace/format.h"
#include "preload/trace/looked.h"
#include "preload/young/passing.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define YOUNG_SETS            1024u
#define YOUNG_WAYS            4u
#define YOUNG_POOLS           (YOUNG_SETS * YOUNG_WAYS)
#define YOUNG_ALLOCATIONS_MAX (1u << 20)
#define YOUNG_BYTES_MAX       (16u << 20) /* a pool may hold, however many it is to hold */
#define YOUNG_LIVE_MAX        96u /* alive at once: of more the children of one would count */

enum young_state {
    YOUNG_NONE,
    YOUNG_LIVE,
    YOUNG_REFILLED, /* an older one: what it took since it was cleared is young, see refills.h */
    YOUNG_ENDED_WITHIN, /* with one above it: its own end may be seen yet */
    YOUNG_ENDED
};

struct young_pool {
    uint64_t address, parent;
    uint64_t made;               /* tick */
    uint32_t allocations, bytes; /* bytes: each allocation rounded up */
    uint32_t created;            /* stack */
    union {
        uint32_t most;  /* alive: bytes that it may hold */
        uint32_t ended; /* the same as `created`, of the end that it came with */
    };
    uint32_t serial;       /* how many pools its unit had made by then; of one that ended, how
                              many ends there had been */
    uint32_t look_at;      /* with how many allocations it is looked at who made the last */
    uint16_t first, name;  /* ids, of its first name and of the last; 0: none */
    uint16_t older, newer; /* numbers of its neighbours among those alive, 0: none */
    uint8_t looks;         /* number of what was seen then; 0: nothing was yet */
    uint8_t state;         /* enum young_state */
    uint8_t system;
    bool above;   /* others were made in it */
    bool awaited; /* whether it ends by itself is documented */
    bool doomed;  /* it is about to end with one above it */
    bool kept;    /* ... and to be written before */
    uint8_t part; /* allocations are rounded up to a multiple of this + 1 */
} __attribute__((aligned(64)));

_Static_assert(TRACE_NAMES_MAX <= UINT16_MAX + 1, "ids of names fit");

#define YOUNG_LOOKS 16 /* places that allocate, of one pool */

/* What a pool took, as far as it was looked at. */
struct young_looks {
    bool used;
    uint8_t count;
    struct young_look {
        uint32_t stack, count, bytes;
    } items[YOUNG_LOOKS];
};

#define YOUNG_OBJECTS 4096u /* of all pools */

/* What can be given back by itself: see objects.h. Numbers are from 1; 0: none. */
struct young_object {
    uint64_t address;
    uint32_t bytes, stack; /* bytes: rounded up; stack 0: not known */
    uint16_t pool;         /* its number */
    uint16_t older, newer; /* of its pool; or the next one that is free */
    uint16_t chained;      /* the next one with the same hash */
    uint16_t slot;         /* that */
} __attribute__((aligned(32)));

/* What is known of a pool beside, where it matters. */
struct young_more {
    uint64_t end_sp, end_ip; /* of one that ended: of the call that did it */
    uint32_t taken;          /* bytes since it was cleared, given back or not */
    uint32_t cleared;        /* allocations by then */
    uint32_t clear_stack;    /* 0: it never was */
    uint16_t first, last;    /* numbers of its objects */
    uint16_t objects;        /* that were not given back */
} __attribute__((aligned(64)));

#define YOUNG_REFILLS 4u /* pools that are cleared in each unit of work */

/* One that is cleared now and then. */
struct young_refill {
    uint64_t address;
    uint32_t unit;   /* the last one in which it was */
    uint32_t units;  /* one after the other, in which it was */
    uint16_t number; /* of its pool, while that is YOUNG_REFILLED; else 0 */
    bool has_pools;  /* and the trace has one that was made in it since */
};

#define YOUNG_WAITING 64

/* What a handler allocated while what it interrupted was changing the pools. */
struct young_waiting {
    uint64_t pool, size; /* 0: it was not told to the end; size: rounded up */
    uint64_t object;     /* 0: none */
    uint32_t stack;
};

/* What a call looks at is on few lines of the cache, as the program has taken them meanwhile: a set
 * is half of one, and what comes before all else is on one. */
struct young_pools {
    uint32_t live, ended;             /* how many */
    uint64_t refilled[YOUNG_REFILLS]; /* addresses, 0: none */
    uint16_t oldest, newest;          /* of those alive */
    uint16_t unused; /* the first number that is free: `newer` is the next; 0: none */
    uint16_t limit;  /* numbers from here on were never used */
    uint32_t waits;  /* how many are `waiting`, or more than there is room for */
    uint16_t took;   /* number of the one that an object was taken from last; 0: none */
    bool busy;       /* it is being changed */
    uint64_t sets[YOUNG_POOLS] __attribute__((aligned(64))); /* by hash: young_entry(); 0: free */
    struct young_refill refills[YOUNG_REFILLS];
    struct young_waiting waiting[YOUNG_WAITING];
    struct young_looks looks[YOUNG_LIVE_MAX + 1]; /* by number, from 1 */
    struct young_pool pools[YOUNG_POOLS + 1];     /* by number, from 1 */
    struct young_more more[YOUNG_POOLS + 1];      /* the same */
    uint16_t object_heads[YOUNG_OBJECTS];         /* by hash of the address */
    uint16_t object_unused, object_limit;         /* as of pools */
    struct young_object objects[YOUNG_OBJECTS + 1];
    struct passing passing;
};

static inline uint32_t young_set(uint64_t address)
{
    return (uint32_t)((address >> 4) * 0x9e3779b97f4a7c15u >> (64 - 10)) * YOUNG_WAYS;
}

/* Where the pool at ADDRESS is found, and its number, in one word: addresses have 48 bits. */
static inline uint64_t young_entry(uint64_t address, uint16_t number)
{
    return address << 16 | number;
}

/* What is taken after one another lies together most often, and so do the heads: a page's by a hash
 * of it, those within by where they lie. */
static inline uint32_t young_object_slot(uint64_t address)
{
    const uint64_t page = (address >> 12) * 0x9e3779b97f4a7c15u >> (64 - 12);
    return (uint32_t)((address >> 4 ^ page) % YOUNG_OBJECTS);
}

_Static_assert(YOUNG_OBJECTS == 1u << 12, "as many slots as there are hashes");
_Static_assert(YOUNG_SETS == 1u << 10, "as many sets as there are hashes");
_Static_assert(YOUNG_POOLS < UINT16_MAX, "numbers fit");

/* The pool at ADDRESS, alive or ended; NULL: none is known. */
static inline struct young_pool *young_find(struct young_pools *young, uint64_t address)
{
    const uint32_t set = young_set(address);
    for (uint32_t i = set; i < set + YOUNG_WAYS && address; i++) {
        if (young->sets[i] >> 16 == address)
            return &young->pools[(uint16_t)young->sets[i]];
    }
    return NULL;
}

/* The pool at ADDRESS that is YOUNG_REFILLED; NULL: none is. */
static inline struct young_pool *young_find_refilled(struct young_pools *young, uint64_t address)
{
    for (unsigned i = 0; i < YOUNG_REFILLS; i++) {
        if (young->refilled[i] == address)
            return &young->pools[young->refills[i].number];
    }
    return NULL;
}

/* Mapped; NULL: there is no memory for it. */
struct young_pools *young_map(void);
void young_unmap(struct young_pools *young);
/* Nothing is known any more. */
void young_wipe(struct young_pools *young);

/* A pool at ADDRESS, where none is known, alive and the newest, else zeroed; NULL: there is no
 * room.
 */
struct young_pool *young_add(struct young_pools *young, uint64_t address);

static inline uint16_t young_number(const struct young_pools *young, const struct young_pool *pool)
{
    return (uint16_t)(pool - young->pools);
}

/* POOL is alive, and the newest; or is no more. */
static inline void young_link(struct young_pools *young, struct young_pool *pool, uint16_t number)
{
    pool->older = young->newest;
    if (young->newest)
        young->pools[young->newest].newer = number;
    else
        young->oldest = number;
    young->newest = number;
    young->live++;
}

static inline void young_unlink(struct young_pools *young, struct young_pool *pool)
{
    if (pool->older)
        young->pools[pool->older].newer = pool->newer;
    else
        young->oldest = pool->newer;
    if (pool->newer)
        young->pools[pool->newer].older = pool->older;
    else
        young->newest = pool->older;
    pool->older = pool->newer = 0;
    young->live--;
}

/* POOL has ended; another one is made at its address, alive and the newest, else zeroed. */
static inline void young_add_again(struct young_pools *young, struct young_pool *pool)
{
    const uint16_t number = young_number(young, pool);
    *pool = (struct young_pool){
        .address = pool->address, .state = YOUNG_LIVE, .look_at = (uint32_t)trace_looked_again(1)};
    young->more[number] = (struct young_more){0};
    young_link(young, pool, number);
    young->ended--;
}

/* One at ADDRESS, which is nowhere to be found; NULL: there is no room. */
struct young_pool *young_add_apart(struct young_pools *young, uint64_t address);
void young_remove_apart(struct young_pools *young, struct young_pool *pool);

/* In the way of one at ADDRESS: the pool that ended first of those it shares its set with; NULL:
 * none need go. */
struct young_pool *young_in_the_way(struct young_pools *young, uint64_t address);

/* An allocation of BYTES from POOL, alive, at STACK, is looked at. False: there is no room. */
bool young_look(struct young_pools *young, struct young_pool *pool, uint32_t stack, uint32_t bytes);

/* The same where the next one is of the same system, which has objects or none. */
static inline void young_add_alike(struct young_pools *young, struct young_pool *pool, bool objects)
{
    const uint16_t number = young_number(young, pool);
    if (objects)
        young->more[number] = (struct young_more){0};
    pool->allocations = pool->bytes = 0;
    pool->look_at = (uint32_t)trace_looked_again(1);
    pool->first = pool->name = pool->newer = 0;
    pool->above = pool->awaited = false; /* the rest it has, or had, as one that ended */
    pool->state = YOUNG_LIVE;
    young_link(young, pool, number);
    young->ended--;
}

static inline void young_forget_looks(struct young_pools *young, struct young_pool *pool)
{
    if (pool->looks)
        young->looks[pool->looks].used = false;
    pool->looks = 0;
}

/* POOL is not known any more. */
void young_remove(struct young_pools *young, struct young_pool *pool);

/* For who interrupts what changes the pools. False: there is no room. */
bool young_wait(struct young_pools *young, const struct young_waiting *waiting);

/* For objects.h: OBJECT is not found by its address any more. */
static inline void young_object_unchain(struct young_pools *young,
                                        const struct young_object *object)
{
    const uint16_t number = (uint16_t)(object - young->objects);
    uint16_t *link = &young->object_heads[object->slot];
    for (unsigned left = YOUNG_OBJECTS; *link != number && *link && left > 0; left--)
        link = &young->objects[*link].chained;
    if (*link == number)
        *link = object->chained;
}

/* None of POOL's is, and their places are free; how many there were, it still has. */
void young_objects_forget(struct young_pools *young, const struct young_pool *pool);

/* POOL, alive, has ended: STATE says how. */
static inline void young_end(struct young_pools *young, struct young_pool *pool,
                             enum young_state state)
{
    young_unlink(young, pool);
    young_forget_looks(young, pool);
    if (young->more[pool - young->pools].first)
        young_objects_forget(young, pool);
    pool->doomed = pool->kept = false;
    pool->state = (uint8_t)state;
    young->ended++;
}

/* Those alive, in the order in which they were made: NULL is before the first, and behind the last.
 */
static inline struct young_pool *young_next(struct young_pools *young,
                                            const struct young_pool *pool)
{
    const uint16_t next = pool ? pool->newer : young->oldest;
    return next ? &young->pools[next] : NULL;
}

/* The last of them; there is one. */
static inline struct young_pool *young_newest(struct young_pools *young)
{
    return &young->pools[young->newest];
}

#endif
