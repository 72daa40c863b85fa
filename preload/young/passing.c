/* passing.c - what is taken from older pools and given back soon after; see passing.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/passing.h"

#include <string.h>

#define WINDOW 16 /* slots tried */

/* The place of STACK; NULL: there is no room for more. */
static struct passing_place *place_of(struct passing *passing, uint32_t stack)
{
    const uint32_t slots = 2 * PASSING_PLACES;
    const uint32_t first = (uint32_t)(stack * 0x9e3779b97f4a7c15u >> 40) % slots;
    for (uint32_t i = 0; i < WINDOW; i++) {
        uint16_t *slot = &passing->place_index[(first + i) % slots];
        if (*slot && passing->places[*slot].stack != stack)
            continue;
        if (!*slot && passing->place_count == PASSING_PLACES)
            return NULL;
        if (!*slot) {
            *slot = ++passing->place_count;
            passing->places[*slot] = (struct passing_place){.stack = stack};
        }
        return &passing->places[*slot];
    }
    return NULL;
}

static bool is_trusted(const struct passing_place *place)
{
    return place->given_back >= PASSING_TRUSTED << place->doubts;
}

static void append(struct passing *passing, struct passing_item *item)
{
    const uint16_t number = (uint16_t)(item - passing->items);
    const bool list = item->written;
    item->older = passing->newest[list];
    item->newer = 0;
    if (item->older)
        passing->items[item->older].newer = number;
    else
        passing->oldest[list] = number;
    passing->newest[list] = number;
    passing->count += !list;
    passing->bytes += list ? 0 : item->bytes;
}

static void leave(struct passing *passing, const struct passing_item *item)
{
    const bool list = item->written;
    if (item->older)
        passing->items[item->older].newer = item->newer;
    else
        passing->oldest[list] = item->newer;
    if (item->newer)
        passing->items[item->newer].older = item->older;
    else
        passing->newest[list] = item->older;
    passing->count -= !list;
    passing->bytes -= list ? 0 : item->bytes;
}

static uint16_t *link_to(struct passing *passing, const struct passing_item *item)
{
    uint16_t *link = &passing->heads[passing_slot(item->address)];
    for (unsigned left = PASSING_ITEMS; *link && left > 0; left--) {
        if (&passing->items[*link] == item)
            break;
        link = &passing->items[*link].chained;
    }
    return link;
}

void passing_forget(struct passing *passing, struct passing_item *item)
{
    uint16_t *link = link_to(passing, item);
    leave(passing, item);
    if (*link)
        *link = item->chained;
    item->chained = passing->unused;
    passing->unused = (uint16_t)(item - passing->items);
}

/* In the place of the one that was written first, if need be; 0: there is none. */
static uint16_t take_number(struct passing *passing)
{
    if (!passing->unused && passing->limit < PASSING_ITEMS)
        return ++passing->limit;
    if (!passing->unused && passing->oldest[true])
        passing_forget(passing, &passing->items[passing->oldest[true]]);
    const uint16_t number = passing->unused;
    passing->unused = passing->items[number].chained;
    return number;
}

bool passing_may(struct passing *passing, const struct passing_call *call)
{
    const struct passing_place *place = place_of(passing, call->stack);
    return place && is_trusted(place) && passing->count < PASSING_MOST &&
           call->bytes < PASSING_BYTES - passing->bytes;
}

void passing_take(struct passing *passing, const struct passing_call *call, bool written)
{
    struct passing_item *there = passing_find(passing, call->address);
    const struct passing_place *place = place_of(passing, call->stack);
    if (there)
        passing_forget(passing, there);
    const uint16_t number = place ? take_number(passing) : 0;
    passing->unsure |= !number;
    if (!number)
        return;
    uint16_t *head = &passing->heads[passing_slot(call->address)];
    struct passing_item *item = &passing->items[number];
    *item = (struct passing_item){.address = call->address,
                                  .pool = call->pool,
                                  .bytes = (uint32_t)call->bytes,
                                  .unit = passing->unit,
                                  .place = (uint16_t)(place - passing->places),
                                  .chained = *head,
                                  .written = written};
    *head = number;
    append(passing, item);
}

void passing_give_back(struct passing *passing, struct passing_item *item)
{
    struct passing_place *place = &passing->places[item->place];
    const uint32_t units = passing->unit - item->unit;
    if (units > place->units && units <= PASSING_UNITS)
        place->units = (uint8_t)units;
    place->given_back += place->given_back < UINT16_MAX;
    passing->passed += item->written ? 0 : 2;
    passing_forget(passing, item);
}

void passing_tell(struct passing *passing, struct passing_item *item)
{
    leave(passing, item);
    item->written = true;
    append(passing, item);
}

bool passing_has(struct passing *passing, uint64_t pool)
{
    const struct passing_item *item = NULL;
    for (uint32_t left = passing->count; left > 0; left--) {
        item = passing_next(passing, item);
        if (item && item->pool == pool)
            return true;
    }
    return false;
}

bool passing_has_since(struct passing *passing, const struct passing_item *made)
{
    const struct passing_item *item = NULL;
    for (uint32_t left = passing->count; left > 0; left--) {
        item = passing_next(passing, item);
        const struct passing_item *pool = item ? passing_find(passing, item->pool | 1) : NULL;
        if (pool && pool != made && pool->unit >= made->unit)
            return true;
    }
    return false;
}

bool passing_goes(struct passing *passing, uint32_t stack, uint32_t unit)
{
    struct passing_place *place = place_of(passing, stack);
    if (place && is_trusted(place) && passing->unit - unit < place->units)
        return true;
    if (place)
        place->given_back = 0;
    return false;
}

void passing_wipe(struct passing *passing)
{
    const uint64_t passed = passing->passed;
    const uint32_t unit = passing->unit;
    memset(passing, 0, sizeof(*passing));
    passing->passed = passed;
    passing->unit = unit;
}

/* Those that were written late are among the newest, though they are older than others. */
void passing_grow_old(struct passing *passing)
{
    while (passing->oldest[true]) {
        struct passing_item *item = &passing->items[passing->oldest[true]];
        struct passing_place *place = &passing->places[item->place];
        if (passing->unit - item->unit <= PASSING_UNITS)
            return;
        place->doubts += is_trusted(place) && place->doubts < PASSING_DOUBTS;
        place->given_back = 0;
        passing_forget(passing, item);
    }
}
