/*
 * places.h - the places that make young pools: which pools are written all the same, so that the
 * trace has an example of what each place does; and sums of those that ended and were not.
 *
 * As pools.h, async-signal-safe, and for one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_PLACES_H
#define PRELOAD_YOUNG_PLACES_H

#include "preload/young/alike.h"

#include <stdbool.h>
#include <stdint.h>

#define PLACES_MAX     4096u /* backtraces that make pools */
#define ENDINGS_MAX    4096u /* pairs of such a one, and one that ends them */
#define EXAMPLES_UNITS 4     /* in so many units of work the first pool of each place is written */

/* Where pools are made: a backtrace. */
struct young_place {
    uint32_t stack;
    uint32_t made;  /* so many, or as many as fit */
    uint32_t unit;  /* the last one in which it made one */
    uint32_t grown; /* of those, so many came to hold more than young ones do at first */
    uint16_t units;
    bool clears;   /* it was told of one that was cleared */
    bool survives; /* pools of it outlived their unit: all of them are written from then on */
};

/* How pools of one place ended. */
struct young_ending {
    uint32_t created, ended;     /* stacks */
    uint32_t names;              /* all of them have, see struct young_way */
    uint32_t next;               /* number of the next one that has sums, 0: none */
    uint32_t count, allocations; /* not written yet */
    uint64_t bytes;
    uint32_t largest; /* bytes, of one */
    uint32_t how;     /* bits of enum trace_young_how */
};

struct young_places {
    uint16_t place_index[2 * PLACES_MAX], ending_index[2 * ENDINGS_MAX];
    uint32_t place_count, ending_count;
    uint32_t pending; /* number of the first ending that has sums, 0: none */
    struct young_place places[PLACES_MAX + 1];    /* from 1 */
    struct young_ending endings[ENDINGS_MAX + 1]; /* the same */
    struct young_alikes alikes;
};

/* Mapped; NULL: there is no memory for it. */
struct young_places *places_map(void);
void places_unmap(struct young_places *places);

/* The place of STACK; NULL: there is no room for more. */
struct young_place *places_of(struct young_places *places, uint32_t stack);

/* Is the pool that PLACE makes next, in unit number UNIT, to be written? */
bool place_makes_example(const struct young_place *place, uint32_t unit);

/* A pool of PLACE is about to hold more than young ones do at first: is it to be written for that?
 */
bool place_grows_example(struct young_place *place);

/* PLACE has made one. */
void place_count(struct young_place *place, uint32_t unit);

/* The pools of stack `created` that `ended` so. */
struct young_way {
    uint32_t created, ended; /* stacks */
    uint32_t names;          /* ids, of the first and, times 65536, the last; 0: none */
    bool with;               /* with one above them */
};

/* What is known of that; NULL: none ended so. */
struct young_ending *places_ending(struct young_places *places, const struct young_way *way);

/* From now on it is known, where there is room for it. */
void places_note_ending(struct young_places *places, const struct young_way *way);

/* One more pool ended so, with so many ALLOCATIONS and BYTES. */
void places_add(struct young_places *places, struct young_ending *ending, uint32_t allocations,
                uint32_t bytes, bool above);

/* Is ENDING about to count more than can be written at once? */
bool ending_is_full(const struct young_ending *ending);

/* The next ending with sums, which are the caller's to write and set to 0; NULL: there is none. */
struct young_ending *places_take(struct young_places *places);

#endif
