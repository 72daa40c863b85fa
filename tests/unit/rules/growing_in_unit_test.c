/* growing_in_unit_test.c - what places take from a pool that was made in the unit, of which about
 * one allocation in eight is looked at. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/pool_world.h"

#include "preload/trace/format.h"
#include "preload/trace/looked.h"

#define PLACES 5
#define ORDERS 100 /* in which the places come */

static uint64_t looked_at;

/* The replay's looks. */
static void take(struct pool *pool, uint64_t size, uint32_t stack)
{
    if (pool->allocations++ == 0)
        world_alloc(pool, size, stack);
    else
        pool->bytes += (size + 7) / 8 * 8;
    if (pool->allocations < looked_at)
        return;
    const struct took took = {pool->allocations, pool->bytes};
    const uint64_t bytes = (size + 7) / 8 * 8;
    cr_assert(
        world.observer.on_look(world.observer.data, &world.process, pool, bytes, stack, &took));
    looked_at = trace_looked_again(pool->allocations);
}

static struct pool *begin(void)
{
    world_start(&rule_growing_in_unit);
    struct pool *root = world_root();
    world_mark(API_MARK_COMMAND);
    looked_at = trace_looked_again(1);
    return world_create(root, 2, "listing");
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

/* PLACES places take EACH, in an order that SEED tells; those that are found. */
static const struct finding *interleave(uint64_t seed, unsigned each)
{
    struct pool *pool = begin();
    unsigned left[PLACES], all = PLACES * each;
    for (unsigned i = 0; i < PLACES; i++)
        left[i] = each;
    for (; all > 0; all--) {
        uint64_t place = 0, which = next_random(&seed) % all;
        while (which >= left[place])
            which -= left[place++];
        left[place]--;
        take(pool, 40, 10 + (uint32_t)place);
    }
    return world_end();
}

Test(growing_in_unit, none_of_many_places_takes_much)
{
    for (unsigned seed = 0; seed < ORDERS; seed++) {
        interleave(seed, 200);
        cr_expect_eq(world.found.count, 0, "order %u", seed);
        findings_free(&world.found);
    }
}

Test(growing_in_unit, each_of_many_places_takes_much)
{
    for (unsigned seed = 0; seed < ORDERS; seed++) {
        const struct finding *finding = interleave(seed, 500);
        cr_expect_eq(world.found.count, PLACES, "order %u", seed);
        for (size_t i = 0; i < world.found.count; i++)
            cr_expect(finding[i].count > 350 && finding[i].count < 650 &&
                          finding[i].per_unit.estimated,
                      "%lu", finding[i].count);
        findings_free(&world.found);
    }
}

Test(growing_in_unit, places_in_turn)
{
    struct pool *pool = begin();
    for (unsigned i = 0; i < PLACES * 200; i++)
        take(pool, 40, 10 + i % PLACES);
    expect_nothing();
}

Test(growing_in_unit, one_place)
{
    struct pool *pool = begin();
    for (unsigned i = 0; i < 400; i++)
        take(pool, 40, 10);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 400);
    cr_expect_not(finding->per_unit.estimated);
    cr_expect_eq(finding->bytes, 400 * 40);
    findings_free(&world.found);
}

/* Of a hundred small ones and a large one, which is the one of so many. */
static void take_large(unsigned large, uint32_t stack)
{
    struct pool *pool = begin();
    for (unsigned i = 0; i < 100; i++)
        take(pool, i == large ? 516 * 1024 : 8, i == large ? stack : 10);
    expect_nothing();
}

Test(growing_in_unit, one_that_is_large)
{
    for (unsigned i = 0; i < 100; i++)
        take_large(i, 11);
}

Test(growing_in_unit, a_pool_that_is_cleared_time_and_again)
{
    struct pool *pool = begin();
    for (unsigned i = 0; i < 6000; i++) {
        take(pool, 40, 10);
        if (i % 100 != 99)
            continue;
        world.observer.on_clear(world.observer.data, &world.process, pool, 9);
        pool->bytes = 0;
    }
    expect_nothing();
}
