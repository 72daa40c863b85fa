/* young_test.c - the tables of pools that are not in the trace: what has room, what is forgotten.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/trace/format.h"
#include "preload/trace/looked.h"
#include "preload/young/alike.h"
#include "preload/young/parents.h"
#include "preload/young/places.h"
#include "preload/young/pools.h"

#include <criterion/criterion.h>

#define POOL(n) (UINT64_C(0x7f0000000000) + (uint64_t)(n)*64)

static struct young_pools *young;

static void set_up(void)
{
    young = young_map();
    cr_assert(young);
}

static void tear_down(void)
{
    young_unmap(young);
}

TestSuite(young, .init = set_up, .fini = tear_down);

Test(young, those_alive_come_in_the_order_they_were_made)
{
    for (unsigned i = 1; i <= 5; i++)
        cr_assert(young_add(young, POOL(i)));
    young_end(young, young_find(young, POOL(1)), YOUNG_ENDED);
    young_end(young, young_find(young, POOL(3)), YOUNG_ENDED_WITHIN);
    young_remove(young, young_find(young, POOL(5)));
    const struct young_pool *pool = young_next(young, NULL);
    cr_assert_eq(pool->address, POOL(2));
    pool = young_next(young, pool);
    cr_assert_eq(pool->address, POOL(4));
    cr_assert_null(young_next(young, pool));
    cr_assert_eq(young->live, 2);
    cr_assert_eq(young->ended, 2);
    cr_assert_eq(young_find(young, POOL(3))->state, YOUNG_ENDED_WITHIN);
    cr_assert_null(young_find(young, POOL(5)));
    cr_assert_null(young_find(young, 0));
}

Test(young, a_number_is_used_again)
{
    for (unsigned i = 0; i < 3 * YOUNG_POOLS; i++) {
        struct young_pool *pool = young_add(young, POOL(i));
        cr_assert(pool && pool->address == POOL(i), "pool %u", i);
        young_end(young, pool, YOUNG_ENDED);
        young_remove(young, pool);
    }
    cr_assert_eq(young->live + young->ended, 0);
    cr_assert_leq(young->limit, 2);
}

/* As many as share a set, and one more. */
Test(young, the_one_that_ended_first_is_in_the_way)
{
    uint64_t alike[YOUNG_WAYS + 1] = {POOL(0)};
    unsigned count = 1;
    for (unsigned i = 1; count <= YOUNG_WAYS; i++)
        if (young_set(POOL(i)) == young_set(POOL(0)))
            alike[count++] = POOL(i);
    for (unsigned i = 0; i < YOUNG_WAYS; i++)
        cr_assert(young_add(young, alike[i]));
    cr_assert_null(young_add(young, alike[YOUNG_WAYS]));
    cr_assert_null(young_in_the_way(young, alike[YOUNG_WAYS]), "all are alive");
    for (unsigned i = 1; i < YOUNG_WAYS; i++) {
        young_end(young, young_find(young, alike[i]), YOUNG_ENDED);
        young_find(young, alike[i])->serial = 10 - i;
    }
    struct young_pool *first = young_in_the_way(young, alike[YOUNG_WAYS]);
    cr_assert_eq(first->address, alike[YOUNG_WAYS - 1]);
    young_remove(young, first);
    cr_assert_null(young_in_the_way(young, alike[YOUNG_WAYS]));
    cr_assert(young_add(young, alike[YOUNG_WAYS]));
}

Test(young, what_waits_is_bounded)
{
    for (unsigned i = 0; i < YOUNG_WAITING; i++)
        cr_assert(young_wait(young, &(struct young_waiting){POOL(i), 8, 0, 1}));
    cr_assert(!young_wait(young, &(struct young_waiting){POOL(1), 8, 0, 1}));
    cr_assert_eq(young->waiting[YOUNG_WAITING - 1].pool, POOL(YOUNG_WAITING - 1));
}

Test(young_places, examples_become_fewer)
{
    struct young_places *places = places_map();
    struct young_place *place = places_of(places, 7);
    unsigned examples = 0;
    for (uint32_t unit = 1; unit <= 100; unit++) {
        for (unsigned i = 0; i < 10; i++) {
            const bool example = place_makes_example(place, unit);
            cr_assert(example || i > 0 || unit > EXAMPLES_UNITS, "unit %u", unit);
            examples += example;
            place_count(place, unit);
        }
    }
    cr_assert_leq(examples, EXAMPLES_UNITS + 10);
    place->survives = true;
    cr_assert(place_makes_example(place, 100));
    cr_assert_eq(places_of(places, 7), place);
    cr_assert_neq(places_of(places, 8), place);
    places_unmap(places);
}

Test(young_places, of_those_that_grow_ever_fewer_are_written)
{
    struct young_places *places = places_map();
    struct young_place *place = places_of(places, 7);
    unsigned examples = 0;
    for (unsigned i = 0; i < 1000; i++)
        examples += place_grows_example(place);
    cr_assert_eq(examples, EXAMPLES_UNITS + 7); /* 8, 16, ... 512 */
    place->survives = true;
    cr_assert(place_grows_example(place));
    places_unmap(places);
}

Test(young_places, sums_are_by_who_made_and_who_ended)
{
    struct young_places *places = places_map();
    const struct young_way ways[] = {
        {1, 2, 0, false}, {1, 3, 0, false}, {1, 2, 5, false}, {1, 2, 0, true}};
    for (unsigned i = 0; i < 4; i++) {
        cr_assert_null(places_ending(places, &ways[i]));
        places_note_ending(places, &ways[i]);
        cr_assert(places_ending(places, &ways[i]));
    }
    places_add(places, places_ending(places, &ways[0]), 2, 100, false);
    places_add(places, places_ending(places, &ways[0]), 3, 50, true);
    const struct young_ending *ending = places_take(places);
    cr_assert(ending->count == 2 && ending->allocations == 5 && ending->bytes == 150);
    cr_assert(ending->largest == 100 && ending->how == TRACE_YOUNG_ABOVE);
    cr_assert_null(places_take(places));
    places_unmap(places);
}

Test(young_places, there_is_no_room_for_ever_more)
{
    struct young_places *places = places_map();
    unsigned known = 0;
    for (uint32_t stack = 1; stack < 4 * PLACES_MAX; stack++)
        known += places_of(places, stack) != NULL;
    cr_assert(known > PLACES_MAX / 2 && known <= PLACES_MAX, "%u", known);
    places_unmap(places);
}

/* A pool that takes COUNT times 16 bytes, from PLACES places in turn. */
static struct young_pool *taker(unsigned n, uint32_t count, unsigned places)
{
    struct young_pool *pool = young_add(young, POOL(n));
    pool->created = 5;
    while (pool->allocations < count) {
        pool->allocations++;
        pool->bytes += 16;
        if (pool->allocations < pool->look_at)
            continue;
        cr_assert(young_look(young, pool, 1 + pool->allocations % places, 16));
        pool->look_at = (uint32_t)trace_looked_again(pool->allocations);
    }
    return pool;
}

Test(young, who_takes_is_looked_at_now_and_then)
{
    const struct young_pool *pool = taker(1, 10000, 3);
    const struct young_looks *looks = &young->looks[pool->looks];
    uint32_t seen = 0;
    for (unsigned i = 0; i < looks->count; i++) {
        cr_assert_eq(looks->items[i].bytes, 16 * looks->items[i].count);
        seen += looks->items[i].count;
    }
    cr_assert_eq(looks->count, 3);
    cr_assert(seen > 10000 / 9 && seen < 10000 / 6, "%u", seen);
    cr_assert_eq(taker(2, TRACE_LOOKED_FIRST, 1)->looks, 0, "what took little was not looked at");
}

Test(young, of_places_there_is_no_room_for_ever_more)
{
    struct young_pool *pool = young_add(young, POOL(1));
    for (uint32_t stack = 1; stack <= YOUNG_LOOKS; stack++)
        cr_assert(young_look(young, pool, stack, 8));
    cr_assert(young_look(young, pool, 1, 8), "a known one has room");
    cr_assert(!young_look(young, pool, YOUNG_LOOKS + 1, 8));
    for (unsigned i = 2; i <= YOUNG_LIVE_MAX; i++)
        cr_assert(young_look(young, young_add(young, POOL(i)), 1, 8), "%u", i);
    cr_assert(!young_look(young, young_add(young, POOL(YOUNG_LIVE_MAX + 1)), 1, 8));
    young_end(young, pool, YOUNG_ENDED);
    cr_assert(young_look(young, young_find(young, POOL(YOUNG_LIVE_MAX + 1)), 1, 8));
}

Test(young, alike_is_what_took_the_same)
{
    const uint64_t key = alike_key(young, taker(1, 300, 2), 7);
    cr_assert_eq(alike_key(young, taker(2, 300, 2), 7), key);
    cr_assert_neq(alike_key(young, taker(3, 301, 2), 7), key, "another count");
    cr_assert_neq(alike_key(young, taker(4, 300, 3), 7), key, "other places");
    cr_assert_neq(alike_key(young, taker(5, 300, 2), 8), key, "another parent");
    struct young_pool *named = taker(6, 300, 2);
    named->name = 1;
    cr_assert_neq(alike_key(young, named, 7), key, "another name");
    cr_assert(alike_matters(named));
    cr_assert(!alike_matters(taker(7, 255, 2)));
}

Test(young_places, those_alike_are_counted)
{
    struct young_places *places = places_map();
    struct young_alikes *alikes = &places->alikes;
    cr_assert_eq(alike_find(alikes, 11), 0);
    const uint32_t number = alike_add(alikes, 11), other = alike_add(alikes, 12);
    cr_assert(number && other && number != other);
    cr_assert_eq(alike_find(alikes, 11), number);
    alike_count(alikes, number, 3);
    alike_count(alikes, number, 4);
    cr_assert_eq(alike_take(alikes), number);
    cr_assert(alikes->items[number - 1].count == 2 && alikes->items[number - 1].unit == 4);
    cr_assert_eq(alike_take(alikes), 0);
    unsigned added = 2;
    for (uint64_t key = 13; key < 4 * ALIKES; key++)
        added += alike_add(alikes, key << 32) != 0;
    cr_assert_eq(added, ALIKES);
    places_unmap(places);
}

Test(young_parents, those_that_live_long_are_known_whatever_is_made_beside_them)
{
    for (unsigned i = 0; i < 100; i++)
        parents_note(POOL(1000 * i));
    for (unsigned i = 0; i < 1000 * 100; i++) {
        if (i % 1000 != 0)
            parents_forget(POOL(i));
    }
    for (unsigned i = 0; i < 100; i++)
        cr_assert(parents_have(POOL(1000 * i)), "%u", i);
    parents_forget(POOL(0));
    cr_assert(!parents_have(POOL(0)) && !parents_have(POOL(1)) && !parents_have(0));
    parents_forget_all();
    cr_assert(!parents_have(POOL(1000)));
}
