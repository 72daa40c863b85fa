/*
 * takings.h - what each place takes from a pool within one unit of work: for growing-in-unit, in
 * whose ledger the takings are the items, and the tallies its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_TAKINGS_H
#define ANALYZER_RULES_TAKINGS_H

#include "analyzer/rules/ledger.h"

/* A moment: pools that were made later have higher numbers, whatever the clock says. */
struct since {
    uint64_t tick;
    uint32_t serial;
};

/* What one place took from a pool in a unit. */
struct taking {
    uint32_t site;        /* the place, see replay_site() */
    uint32_t stack, next; /* the first way to it; number of the pool's next one */
    bool pools;           /* made in it: `bytes` is nothing */
    uint64_t count, bytes;
    uint32_t ended_by;     /* stack that gave back the last of them... */
    uint64_t ended, freed; /* ...and how many before it, and bytes */
    struct since since;
};

/* A pool in a unit of work, by its number. */
struct tally {
    uint32_t serial, unit;
    uint32_t first; /* number of the first taking; 0: not counted yet */
    bool objects;   /* each is a pool: what is made in it is taken from it */
    bool sampled;   /* places are asked of a few allocations only */
    uint32_t like;  /* its number, where it stands for others; 0: it does not */
    struct taken {
        uint64_t count;       /* taken and still there */
        uint64_t uncounted;   /* of `count`, those whose place was not asked */
    } taken, pools;           /* but for pools made in it; these, unless each object is a pool */
    uint64_t bytes;           /* of `taken` */
    uint64_t cleared;         /* allocations that the pool had had when it was cleared last */
    struct since pools_since; /* the first was made */
};

static inline struct taking *taking_number(const struct ledger *ledger, uint32_t number)
{
    return (struct taking *)ledger->items + (number - 1);
}

/* Of the pool with that number; NULL: it has none. */
static inline struct tally *tally_number(const struct ledger *ledger, uint32_t pool)
{
    return pool < ledger->own_count ? (struct tally *)ledger->own + pool : NULL;
}

struct tally *tally_make_room(struct ledger *ledger, uint32_t pool);

/* The same, made where there is none. */
static inline struct tally *tally_room(struct ledger *ledger, uint32_t pool)
{
    struct tally *tally = tally_number(ledger, pool);
    return tally ? tally : tally_make_room(ledger, pool);
}

/* The number of what the place of STACK takes from the pool of TALLY, from SINCE on if it took
 * nothing before; and of what it took, 0: nothing. */
uint32_t taking_of(struct ledger *ledger, uint32_t pool, uint32_t stack, struct tally *tally,
                   struct since since);
uint32_t taking_find(const struct ledger *ledger, uint32_t pool, uint32_t stack,
                     const struct tally *tally);

/* What ended as part of the pool's own end at STACK (0: it has not ended) was not given back. */
void takings_take_along(struct ledger *ledger, const struct tally *tally, uint32_t stack);

/* Of TALLY nothing is known any more. */
void takings_forget(struct ledger *ledger, uint32_t pool, struct tally *tally);

/* What one place took, its share of what was taken when nobody asked with it. */
struct part {
    uint64_t count, bytes;
    uint64_t count_least, bytes_least; /* it is no less, but for one in 40 */
    bool estimated;                    /* others that were looked at are of other places */
};

/* The part of TAKING, one of TALLY's. */
struct part part_of(const struct ledger *ledger, const struct tally *tally,
                    const struct taking *taking);

#endif
