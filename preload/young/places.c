/* places.c - the places that make young pools; see places.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/places.h"

#include "preload/trace/format.h"
#include "preload/util/address_space.h"

#include <stddef.h>

#define WINDOW 16 /* slots tried */

/* With one pool more, what can be written at once may be full. */
#define COUNT_FULL       (1u << 23)
#define ALLOCATIONS_FULL (TRACE_YOUNG_ALLOCATIONS_MAX - YOUNG_ALLOCATIONS_MAX)
#define BYTES_FULL       (TRACE_YOUNG_BYTES_MAX - YOUNG_BYTES_MAX)

_Static_assert(COUNT_FULL < TRACE_YOUNG_COUNT_MAX, "more do not fit");

struct young_places *places_map(void)
{
    return address_space_map(sizeof(struct young_places));
}

void places_unmap(struct young_places *places)
{
    address_space_unmap(places, sizeof(*places));
}

static uint32_t slot_of(uint64_t key, uint32_t slots)
{
    return (uint32_t)(key * 0x9e3779b97f4a7c15u >> 40) % slots;
}

static struct young_place *new_place(struct young_places *places, uint16_t *slot, uint32_t stack)
{
    if (places->place_count == PLACES_MAX)
        return NULL;
    struct young_place *place = &places->places[++places->place_count];
    *place = (struct young_place){.stack = stack};
    *slot = (uint16_t)places->place_count;
    return place;
}

struct young_place *places_of(struct young_places *places, uint32_t stack)
{
    const uint32_t slots = 2 * PLACES_MAX, first = slot_of(stack, slots);
    for (uint32_t i = 0; i < WINDOW; i++) {
        uint16_t *slot = &places->place_index[(first + i) % slots];
        if (!*slot)
            return new_place(places, slot, stack);
        if (places->places[*slot].stack == stack)
            return &places->places[*slot];
    }
    return NULL;
}

/* The first one in each of its first units, and then ever fewer. */
bool place_makes_example(const struct young_place *place, uint32_t unit)
{
    const uint32_t made = place->made + 1;
    return place->survives || (made & (made - 1)) == 0 ||
           (place->unit != unit && place->units < EXAMPLES_UNITS);
}

/* As many as are made in its first units, and then ever fewer. */
bool place_grows_example(struct young_place *place)
{
    const uint32_t grown = place->grown += place->grown < UINT32_MAX;
    return place->survives || grown <= EXAMPLES_UNITS || (grown & (grown - 1)) == 0;
}

void place_count(struct young_place *place, uint32_t unit)
{
    place->units += place->unit != unit && place->units < EXAMPLES_UNITS;
    place->unit = unit;
    place->made += place->made < UINT32_MAX;
}

static uint64_t key_of(const struct young_way *way)
{
    return ((uint64_t)way->created << 32 | way->ended) ^ (uint64_t)way->names << 16;
}

/* The slot of WAY, free or not; NULL: all that it may have are others'. */
static uint16_t *find_slot(struct young_places *places, const struct young_way *way)
{
    const uint32_t slots = 2 * ENDINGS_MAX;
    const uint32_t first = slot_of(key_of(way), slots);
    for (uint32_t i = 0; i < WINDOW; i++) {
        uint16_t *slot = &places->ending_index[(first + i) % slots];
        const struct young_ending *ending = &places->endings[*slot];
        const bool with = ending->how & TRACE_YOUNG_WITH;
        if (!*slot || (ending->created == way->created && ending->ended == way->ended &&
                       ending->names == way->names && with == way->with))
            return slot;
    }
    return NULL;
}

struct young_ending *places_ending(struct young_places *places, const struct young_way *way)
{
    const uint16_t *slot = find_slot(places, way);
    return slot && *slot ? &places->endings[*slot] : NULL;
}

void places_note_ending(struct young_places *places, const struct young_way *way)
{
    uint16_t *slot = find_slot(places, way);
    if (!slot || *slot || places->ending_count == ENDINGS_MAX)
        return;
    places->endings[++places->ending_count] =
        (struct young_ending){.created = way->created,
                              .ended = way->ended,
                              .names = way->names,
                              .how = way->with ? TRACE_YOUNG_WITH : 0};
    *slot = (uint16_t)places->ending_count;
}

void places_add(struct young_places *places, struct young_ending *ending, uint32_t allocations,
                uint32_t bytes, bool above)
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

bool ending_is_full(const struct young_ending *ending)
{
    return ending->count >= COUNT_FULL || ending->allocations >= ALLOCATIONS_FULL ||
           ending->bytes >= BYTES_FULL;
}

struct young_ending *places_take(struct young_places *places)
{
    const uint32_t number = places->pending;
    if (!number)
        return NULL;
    places->pending = places->endings[number].next;
    places->endings[number].next = 0;
    return &places->endings[number];
}
