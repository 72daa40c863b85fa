/* places.c - the places that make young pools; see places.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/places.h"

#include "preload/trace/format.h"
#include "preload/util/address_space.h"

#include <stddef.h>

#define WINDOW 16 /* slots tried */

_Static_assert(COUNT_FULL < TRACE_YOUNG_COUNT_MAX, "more do not fit");

struct young_places *places_map(void)
{
    return address_space_map(sizeof(struct young_places));
}

void places_unmap(struct young_places *places)
{
    address_space_unmap(places, sizeof(*places));
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

struct young_place *places_look(struct young_places *places, uint32_t stack)
{
    const uint32_t slots = 2 * PLACES_MAX, first = places_slot(stack, slots);
    for (uint32_t i = 0; i < WINDOW; i++) {
        uint16_t *slot = &places->place_index[(first + i) % slots];
        if (!*slot)
            return new_place(places, slot, stack);
        if (places->places[*slot].stack == stack)
            return &places->places[*slot];
    }
    return NULL;
}

/* As many as are made in its first units, and then ever fewer. */
bool place_grows_example(struct young_place *place)
{
    const uint32_t grown = place->grown += place->grown < UINT32_MAX;
    return place->survives || grown <= EXAMPLES_UNITS || (grown & (grown - 1)) == 0;
}

/* The slot of WAY, free or not; NULL: all that it may have are others'. */
static uint16_t *find_slot(struct young_places *places, const struct young_way *way)
{
    const uint32_t slots = 2 * ENDINGS_MAX;
    const uint32_t first = places_slot(way_key(way), slots);
    for (uint32_t i = 0; i < WINDOW; i++) {
        uint16_t *slot = &places->ending_index[(first + i) % slots];
        const struct young_ending *ending = &places->endings[*slot];
        if (!*slot || ending_is(ending, way))
            return slot;
    }
    return NULL;
}

struct young_ending *places_look_ending(struct young_places *places, const struct young_way *way)
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

struct young_ending *places_take(struct young_places *places)
{
    const uint32_t number = places->pending;
    if (!number)
        return NULL;
    places->pending = places->endings[number].next;
    places->endings[number].next = 0;
    return &places->endings[number];
}
