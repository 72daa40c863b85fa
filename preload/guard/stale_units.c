/* stale_units.c - units of work, and the pools at hand in them (stale_units.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/guard/stale_units.h"

#include <stddef.h>
#include <string.h>

#define STREAMS 64u /* in which units are followed; those of a thread that interrupts nobody */
#define PLACES  256u

static struct stale_unit units[STREAMS];
static uint16_t at_hand[PLACES]; /* how many pools, by a hash of the address */

_Static_assert(PLACES == 1u << 8, "as many as there are places");

static uint16_t *place_of(uint64_t pool)
{
    return &at_hand[(pool >> 4) * 0x9e3779b97f4a7c15u >> (64 - 8)];
}

struct stale_unit *stale_units_of(const struct stream *stream)
{
    return stream->depth == 0 && stream->number < STREAMS ? &units[stream->number] : NULL;
}

struct stale_unit *stale_units_numbered(uint32_t number)
{
    return &units[number];
}

static uint64_t *hand_of(struct stale_unit *unit, uint64_t pool)
{
    for (unsigned i = 0; i < STALE_HANDS; i++) {
        if (unit->hands[i] == pool)
            return &unit->hands[i];
    }
    return NULL;
}

void stale_units_give(struct stale_unit *unit, uint64_t pool)
{
    uint64_t *hand = hand_of(unit, 0);
    if (!hand)
        return;
    *hand = pool;
    __atomic_fetch_add(place_of(pool), 1, __ATOMIC_RELAXED);
}

static void drop(uint64_t *hand)
{
    __atomic_fetch_sub(place_of(*hand), 1, __ATOMIC_RELAXED);
    *hand = 0;
}

bool stale_units_forget(struct stale_unit *unit, uint64_t pool)
{
    uint64_t *hand = hand_of(unit, pool);
    if (hand)
        drop(hand);
    return hand != NULL;
}

void stale_units_drop(struct stale_unit *unit)
{
    for (unsigned i = 0; i < STALE_HANDS; i++) {
        if (unit->hands[i])
            drop(&unit->hands[i]);
    }
    unit->asked = false;
}

bool stale_units_may_have(uint64_t pool)
{
    return __atomic_load_n(place_of(pool), __ATOMIC_RELAXED) > 0;
}

void stale_units_forked(void)
{
    memset(units, 0, sizeof(units));
    memset(at_hand, 0, sizeof(at_hand));
}
