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

static inline uint32_t places_slot(uint64_t key, uint32_t slots)
{
    return (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) % slots;
}

/* For places_of(). */
struct young_place *places_look(struct young_places *places, uint32_t stack);

/* The place of STACK; NULL: there is no room for more. */
static inline struct young_place *places_of(struct young_places *places, uint32_t stack)
{
    const uint16_t number = places->place_index[places_slot(stack, 2 * PLACES_MAX)];
    struct young_place *place = &places->places[number];
    return number && place->stack == stack ? place : places_look(places, stack);
}

/* Is the pool that PLACE makes next, in unit number UNIT, to be written? The first one in each of
 * its first units is, and then ever fewer. */
static inline bool place_makes_example(const struct young_place *place, uint32_t unit)
{
    const uint32_t made = place->made + 1;
    return place->survives || (made & (made - 1)) == 0 ||
           (place->unit != unit && place->units < EXAMPLES_UNITS);
}

/* A pool of PLACE is about to hold more than young ones do at first: is it to be written for that?
 */
bool place_grows_example(struct young_place *place);

/* PLACE has made one. */
static inline void place_count(struct young_place *place, uint32_t unit)
{
    place->units += place->unit != unit && place->units < EXAMPLES_UNITS;
    place->unit = unit;
    place->made += place->made < UINT32_MAX;
}

/* The pools of stack `created` that `ended` so. */
struct young_way {
    uint32_t created, ended; /* stacks */
    uint32_t names;          /* ids, of the first and, times 65536, the last; 0: none */
    bool with;               /* with one above them */
};

static inline uint64_t way_key(const struct young_way *way)
{
    return ((uint64_t)way->created << 32 | way->ended) ^ (uint64_t)way->names << 16;
}

static inline bool ending_is(const struct young_ending *ending, const struct young_way *way)
{
    const bool with = ending->how & TRACE_YOUNG_WITH;
    return ending->created == way->created && ending->ended == way->ended &&
           ending->names == way->names && with == way->with;
}

/* For places_ending(). */
struct young_ending *places_look_ending(struct young_places *places, const struct young_way *way);

/* What is known of that; NULL: none ended so. */
static inline struct young_ending *places_ending(struct young_places *places,
                                                 const struct young_way *way)
{
    const uint16_t number = places->ending_index[places_slot(way_key(way), 2 * ENDINGS_MAX)];
    struct young_ending *ending = &places->endings[number];
    return number && ending_is(ending, way) ? ending : places_look_ending(places, way);
}

/* From now on it is known, where there is room for it. */
void places_note_ending(struct young_places *places, const struct young_way *way);

/* One more pool ended so, with so many ALLOCATIONS and BYTES. */
static inline void places_add(struct young_places *places, struct young_ending *ending,
                              uint32_t allocations, uint32_t bytes, bool above)
{
    if (ending->count == 0) {
        ending->next = places->pending;
        places->pending = (uint32_t)(ending - places->endings);
    }
    ending->count++;
    ending->allocations += allocations;
    ending->bytes += bytes;
    ending->largest = bytes > ending->largest ? bytes : ending->largest;
    ending->how |= above ? TRACE_YOUNG_ABOVE : 0;
}

/* With one pool more, what can be written at once may be full. */
#define COUNT_FULL       (1u << 23)
#define ALLOCATIONS_FULL (TRACE_YOUNG_ALLOCATIONS_MAX - YOUNG_ALLOCATIONS_MAX)
#define BYTES_FULL       (TRACE_YOUNG_BYTES_MAX - YOUNG_BYTES_MAX)

/* Is ENDING about to count more than can be written at once? */
static inline bool ending_is_full(const struct young_ending *ending)
{
    return ending->count >= COUNT_FULL || ending->allocations >= ALLOCATIONS_FULL ||
           ending->bytes >= BYTES_FULL;
}

/* The next ending with sums, which are the caller's to write and set to 0; NULL: there is none. */
struct young_ending *places_take(struct young_places *places);

#endif
