/* flushed_test.c - growing-pool of what is given back again and again. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/pool_world.h"

/* A tick is a millisecond. */
static const struct trace_header clock_of_ms = {.sync_ticks = {0, 1}, .sync_ns = {0, 1000000}};

static const unsigned lengths[] = {9, 23, 14, 31, 11, 19};

/* Each of UNITS, which last so many TICKS together, takes as much from POOL; NULL: that the first
 * one makes. */
static struct pool *fill(struct pool *pool, unsigned units, unsigned ticks)
{
    const uint64_t start = world.process.tick;
    for (unsigned i = 0; i < units; i++) {
        world_mark(API_MARK_COMMAND);
        pool = pool ? pool : world_create(&world.pools[1], 2, "buffer");
        world.process.tick = start + ticks * (i + 1) / units;
        world_alloc(pool, 64, 3);
    }
    return pool;
}

static void start(void)
{
    world_start(&rule_growing_pool);
    world.process.header = &clock_of_ms;
    world_root();
}

static void clear(const struct pool *pool)
{
    world.observer.on_clear(world.observer.data, &world.process, pool, 9);
}

Test(flushed, by_the_clock_it_is_no_growth)
{
    start();
    for (unsigned i = 0; i < 6; i++)
        world_destroy(fill(NULL, lengths[i], 1000 + 20 * i));
    expect_nothing();
}

Test(flushed, at_any_time_it_may_be_a_client)
{
    start();
    for (unsigned i = 0; i < 6; i++)
        world_destroy(fill(NULL, lengths[i], 100 * lengths[i]));
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    findings_free(&world.found);
}

Test(flushed, what_is_short_is_as_long_by_chance)
{
    start();
    for (unsigned i = 0; i < 6; i++)
        world_destroy(fill(NULL, lengths[i], 100 + 2 * i));
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    findings_free(&world.found);
}

Test(flushed, what_is_cleared_again_and_again_is_a_warning)
{
    start();
    struct pool *pool = fill(NULL, 10, 700);
    for (unsigned i = 0; i < 6; i++) {
        clear(pool);
        fill(pool, lengths[i], 100 * lengths[i]);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    cr_expect(strstr(finding->advice, "emptied again and again"));
    findings_free(&world.found);
}

Test(flushed, after_each_few_units_it_is_no_growth_in_the_last_ones)
{
    start();
    for (unsigned i = 0; i < 5; i++)
        world_destroy(fill(NULL, 4 + i % 2, 100 + 40 * i));
    fill(NULL, 5, 100);
    expect_nothing();
}

Test(flushed, a_documented_pool_is_none)
{
    start();
    world_role("buffer", API_LIFE_CONNECTION, "buffer_end");
    for (unsigned i = 0; i < 6; i++)
        world_destroy(fill(NULL, 20, 1000));
    cr_expect_eq(world_end()->severity, SEVERITY_ERROR);
    cr_assert_eq(world.found.count, 1);
    findings_free(&world.found);
}

/* Clients that ask for four or five things each, and come before they ask. */
static void serve(unsigned clients, const char *name)
{
    start();
    if (name)
        world_role("client", API_LIFE_CONNECTION, "client_leaves");
    for (unsigned i = 0; i < clients; i++) {
        struct pool *client = world_create(&world.pools[1], 2, "client");
        fill(client, 4 + i % 2, 100);
        world_destroy(client);
    }
}

Test(flushed, short_clients_are_documented_to_be_such)
{
    serve(6, "client");
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect(finding->given_back);
    findings_free(&world.found);
}

Test(flushed, two_short_clients_are_chance)
{
    serve(2, "client");
    expect_nothing();
}

Test(flushed, short_clients_come_before_they_ask)
{
    serve(6, NULL);
    cr_expect_eq(world_end()->severity, SEVERITY_ERROR);
    cr_assert_eq(world.found.count, 1);
    findings_free(&world.found);
}
