/* rules_test.c - growing-pool and permanent-pool-alloc on a small world of pools. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/pool_world.h"

/* growing-pool */

/* Of COUNT findings the one of the place that stack STACK leads to. */
static const struct finding *found_at(uint32_t stack, size_t count)
{
    world_end();
    cr_assert_eq(world.found.count, count);
    for (size_t i = 0; i < count; i++)
        if (world.found.items[i].stack == stack)
            return &world.found.items[i];
    cr_assert_fail("nothing of stack %u", stack);
    return NULL;
}

Test(growing_pool, each_place_that_feeds_it_is_a_cause)
{
    world_start(&rule_growing_pool);
    struct pool *session = world_create(world_root(), 2, "Session Pool");
    for (unsigned i = 0; i < 30; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(session, i % 3 ? 64 : 240, i % 3 ? 3 : 4);
    }
    const struct finding *large = found_at(4, 2), *often = &world.found.items[0];
    often += often == large;
    cr_expect_eq(large->culprit, 4);
    cr_expect_eq(large->per_unit.grew, 10);
    cr_expect_float_eq(large->per_unit.bytes, 240, 1e-9);
    cr_expect_eq(often->culprit, 3);
    cr_expect_eq(often->per_unit.grew, 20);
    cr_expect_float_eq(often->per_unit.bytes, 64, 1e-9);
    findings_free(&world.found);
}

Test(growing_pool, what_each_of_many_places_does_once_is_told_of_them_all)
{
    world_start(&rule_growing_pool);
    struct pool *session = world_create(world_root(), 2, "Session Pool");
    for (unsigned i = 0; i < 12; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(session, 64, 20 + i);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    cr_expect_eq(finding->culprit, 2, "who made the pool");
    cr_expect_eq(finding->places.count, 12);
    findings_free(&world.found);
}

Test(growing_pool, what_many_places_do_now_and_then_is_nothing)
{
    world_start(&rule_growing_pool);
    struct pool *session = world_create(world_root(), 2, "Session Pool");
    for (unsigned i = 0; i < 60; i++) {
        world_mark(API_MARK_COMMAND);
        if (i % 5 == 0)
            world_alloc(session, 64, 20 + i);
    }
    expect_nothing();
}

Test(growing_pool, takes_more_at_each_restart)
{
    world_start(&rule_growing_pool);
    struct pool *events = world_create(world_root(), 2, "Event Pool");
    for (unsigned i = 0; i < 20; i++) {
        world_mark(API_MARK_RESTART);
        world_alloc(events, 100, 3);
        world_alloc(events, 17, 3);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->rule, "growing-pool");
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_str_eq(finding->path, "permanent_pool > Event Pool");
    cr_expect_eq(finding->created, 2);
    cr_expect_eq(finding->stack, 3);
    cr_expect_eq(finding->count, 40);
    cr_expect_eq(finding->bytes, 20 * 128);
    cr_expect_float_eq(finding->per_unit.count, 2, 1e-9);
    cr_expect_float_eq(finding->per_unit.bytes, 128, 1e-9);
    findings_free(&world.found);
}

Test(growing_pool, growth_the_first_time_only)
{
    world_start(&rule_growing_pool);
    struct pool *session = world_create(world_root(), 2, "Session Pool");
    for (unsigned i = 0; i < 100; i++) {
        world_mark(API_MARK_COMMAND);
        if (i == 0 || i == 3)
            world_alloc(session, 16384, 3);
    }
    expect_nothing();
}

Test(growing_pool, a_pool_made_and_ended_in_its_unit)
{
    world_start(&rule_growing_pool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 50; i++) {
        world_mark(API_MARK_COMMAND);
        struct pool *pool = world_create(root, 2, "cmd");
        world_alloc(pool, 1000, 3);
        world_destroy(pool);
    }
    expect_nothing();
}

Test(growing_pool, a_task_that_lasts_while_others_begin)
{
    world_start(&rule_growing_pool);
    world_role("request", API_LIFE_TASK, "parent");
    world_mark(API_MARK_COMMAND);
    struct pool *lasting = world_create(world_root(), 2, "request");
    for (unsigned i = 0; i < 50; i++) {
        world_mark(API_MARK_COMMAND);
        for (unsigned j = 0; j < i % 3; j++)
            world_alloc(lasting, 100, 3);
    }
    expect_nothing();
}

Test(growing_pool, a_task_that_each_of_the_others_feeds)
{
    world_start(&rule_growing_pool);
    world_role("request", API_LIFE_TASK, "parent");
    world_mark(API_MARK_COMMAND);
    struct pool *lasting = world_create(world_root(), 2, "request");
    for (unsigned i = 0; i < 50; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(lasting, 100, 3);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 50);
    findings_free(&world.found);
}

Test(growing_pool, a_pool_that_is_remade_gave_its_bytes_back)
{
    world_start(&rule_growing_pool);
    struct pool *root = world_root(), *pool = NULL;
    for (unsigned i = 0; i < 60; i++) {
        world_mark(API_MARK_COMMAND);
        if (i % 20 == 0) {
            if (pool)
                world_destroy(pool);
            pool = world_create(root, 2, "batch");
        }
        if (i < 41)
            world_alloc(pool, 100, 3);
    }
    expect_nothing();
}

Test(growing_pool, a_pool_that_is_cleared_each_time)
{
    world_start(&rule_growing_pool);
    struct pool *pool = world_create(world_root(), 2, "scratch");
    for (unsigned i = 0; i < 50; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(pool, 100, 3);
        world.observer.on_clear(world.observer.data, &world.process, pool, 4);
    }
    expect_nothing();
}

Test(growing_pool, bursts_are_a_warning)
{
    world_start(&rule_growing_pool);
    struct pool *table = world_create(world_root(), 2, "table");
    for (unsigned i = 1; i <= 100; i++) {
        world_mark(API_MARK_COMMAND);
        if (i <= 6 || i == 40 || i == 80)
            world_alloc(table, 64, 3);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    findings_free(&world.found);
}

/* A process that begins no unit of work puts something into a new pool at each of many moments. */
static struct pool *fill_over_time(void)
{
    struct pool *job = world_create(world_root(), 2, "job");
    for (uint32_t i = 1; i <= 800; i++) {
        world.process.moments = i;
        world.process.unit = (struct unit){API_UNIT_TIME, i};
        world.process.events += 50;
        world_alloc(job, 64, 3);
    }
    return job;
}

/* Each request puts something into a cache, which then ends, if it is ENDED. */
static size_t found_in_cache(enum api_life life, bool ended)
{
    world_start(&rule_growing_pool);
    world_role("cache", life, "");
    struct pool *cache = world_create(world_root(), 2, "cache");
    for (unsigned i = 0; i < 12; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(cache, 64, 3);
    }
    if (ended)
        world_destroy(cache);
    world_end();
    const size_t count = world.found.count;
    findings_free(&world.found);
    return count;
}

Test(growing_pool, a_documented_cache_that_is_given_back_is_none)
{
    cr_expect_eq(found_in_cache(API_LIFE_CACHE, true), 0);
    cr_expect_eq(found_in_cache(API_LIFE_CACHE, false), 1);
    cr_expect_eq(found_in_cache(API_LIFE_UNKNOWN, true), 1);
}

Test(growing_pool, over_time_is_an_error)
{
    world_start(&rule_growing_pool);
    fill_over_time();
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    findings_free(&world.found);
}

Test(growing_pool, over_time_by_a_job_that_is_done_is_a_warning)
{
    world_start(&rule_growing_pool);
    world_destroy(fill_over_time());
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    cr_expect(finding->given_back);
    findings_free(&world.found);
}

/* Exits with STATUS after it was told to end: it had said that it shuts down before. */
static void job_of_session(int status)
{
    world_start(&rule_growing_pool);
    world.process.kind = PROCESS_SESSION;
    fill_over_time();
    world_mark(API_MARK_SHUTDOWN);
    world.process.ended = true;
    world.process.exit_status = status;
    world_end();
    cr_assert_eq(world.found.count, 1);
}

Test(growing_pool, over_time_by_a_job_that_is_cut_short_is_a_warning)
{
    job_of_session(1);
    cr_expect_eq(world.found.items[0].severity, SEVERITY_WARNING);
    findings_free(&world.found);
    job_of_session(0);
    cr_expect_eq(world.found.items[0].severity, SEVERITY_ERROR);
    findings_free(&world.found);
}

Test(growing_pool, inherited_pools_grow_in_their_sessions)
{
    world_start(&rule_growing_pool);
    struct pool *config = world_create(world_root(), 2, "config");
    for (int32_t i = 0; i < 3; i++) {
        struct process parent = world_fork(200 + i);
        for (unsigned j = 0; j < 30; j++) {
            world_mark(API_MARK_COMMAND);
            world_alloc(config, 8, 3);
            world_alloc(config, 8, 3);
        }
        world_exit(parent);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->kind, PROCESS_SESSION);
    cr_expect_eq(finding->pids.count, 3);
    cr_expect_eq(finding->bytes, 3 * 30 * 16);
    cr_expect_float_eq(finding->per_unit.bytes, 16, 1e-9, "of one session, not of three");
    findings_free(&world.found);
}

/* A session in which STACK takes BYTES from POOL in each of so many commands. */
static void session(int32_t pid, struct pool *pool, unsigned commands, uint64_t bytes,
                    uint32_t stack)
{
    struct process parent = world_fork(pid);
    for (unsigned i = 0; i < commands; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(pool, bytes, stack);
    }
    world_exit(parent);
}

Test(growing_pool, the_largest_growth_of_all_processes_is_told)
{
    world_start(&rule_growing_pool);
    struct pool *config = world_create(world_root(), 2, "config");
    session(201, config, 20, 64, 3);
    session(202, config, 15, 240, 4);
    session(203, config, 30, 8, 4);
    const struct finding *finding = found_at(4, 2);
    cr_expect_float_eq(finding->per_unit.bytes, 240, 1e-9);
    cr_expect_eq(finding->per_unit.pid, 202);
    cr_expect_eq(finding->bytes, 15 * 240 + 30 * 8);
    findings_free(&world.found);
}

Test(growing_pool, root_pools_and_shutdown_are_not_its_own)
{
    world_start(&rule_growing_pool);
    struct pool *root = world_root(), *pool = world_create(root, 2, "x");
    for (unsigned i = 0; i < 20; i++) {
        world_mark(API_MARK_RESTART);
        world_alloc(root, 8, 3);
    }
    world_mark(API_MARK_SHUTDOWN);
    for (unsigned i = 0; i < 20; i++)
        world_alloc(pool, 8, 4);
    expect_nothing();
}

/* permanent-pool-alloc */

Test(permanent_pool_alloc, growth_in_a_session_is_an_error)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root();
    for (int32_t pid = 200; pid < 202; pid++) {
        struct process parent = world_fork(pid);
        world_alloc(root, 8, 5);
        for (unsigned i = 0; i < 30; i++) {
            world_mark(API_MARK_COMMAND);
            world_alloc(root, 8, 3);
            if (i < 2)
                world_alloc(root, 8, 4);
        }
        world_exit(parent);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 3);
    cr_expect_eq(finding[0].severity, SEVERITY_ERROR);
    cr_expect_eq(finding[0].kind, PROCESS_SESSION);
    cr_expect_eq(finding[0].stack, 3);
    cr_expect_eq(finding[1].severity, SEVERITY_WARNING, "twice is no growth");
    cr_expect_eq(finding[2].severity, SEVERITY_WARNING, "nor is what comes first");
    findings_free(&world.found);
}

Test(permanent_pool_alloc, start_steady_and_session)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root(), *sub = world_create(root, 2, "x");
    world.process.phase = PHASE_START;
    world_alloc(root, 100, 3);
    world.process.phase = PHASE_STEADY;
    for (unsigned i = 0; i < 5; i++) {
        world_mark(API_MARK_RESTART);
        world_alloc(root, 17, 3);
        world_alloc(sub, 17, 3);
    }
    struct process parent = world_fork(200);
    world_alloc(root, 1, 4);
    world_exit(parent);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 3);
    cr_expect_eq(finding[0].severity, SEVERITY_ERROR);
    cr_expect_eq(finding[0].phase, PHASE_STEADY);
    cr_expect_eq(finding[0].count, 5);
    cr_expect_eq(finding[0].bytes, 5 * 24);
    cr_expect_str_eq(finding[0].role, "permanent_pool");
    cr_expect_eq(finding[0].per_unit.unit, API_MARK_RESTART);
    cr_expect_float_eq(finding[0].per_unit.bytes, 24, 1e-9);
    cr_expect_eq(finding[1].severity, SEVERITY_WARNING);
    cr_expect_eq(finding[1].phase, PHASE_START);
    cr_expect_eq(finding[1].bytes, 104);
    cr_expect_eq(finding[1].per_unit.unit, API_MARK_KINDS);
    cr_expect_eq(finding[2].severity, SEVERITY_WARNING);
    cr_expect_eq(finding[2].kind, PROCESS_SESSION);
    cr_expect_eq(finding[2].bytes, 8);
    findings_free(&world.found);
}

Test(permanent_pool_alloc, a_daemon_that_was_attached_to_has_started)
{
    world_start(&rule_permanent_pool_alloc);
    const struct trace_header header = {.attached_tick = 1};
    world.process.header = &header;
    world.process.phase = PHASE_STEADY;
    world_alloc(world_root(), 100, 3);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->phase, PHASE_STEADY);
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    findings_free(&world.found);
}

Test(permanent_pool_alloc, every_second_command_of_a_session)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root();
    struct process parent = world_fork(200);
    for (unsigned i = 0; i < 1004; i++) {
        world_mark(API_MARK_COMMAND);
        if (i >= 2 && i < 1002 && i % 2)
            world_alloc(root, 6, 3);
    }
    world_exit(parent);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 500);
    cr_expect_eq(finding->bytes, 4000);
    cr_expect_float_eq(finding->per_unit.count, 1, 1e-9);
    cr_expect_float_eq(finding->per_unit.bytes, 8, 1e-9);
    cr_expect_eq(finding->per_unit.grew, 500);
    findings_free(&world.found);
}

Test(permanent_pool_alloc, steady_allocations_without_growth_per_unit)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root();
    world_mark(API_MARK_CONNECTION);
    world_alloc(root, 8, 3);
    for (unsigned i = 0; i < 50; i++) {
        world_mark(API_MARK_RESTART);
        if (i == 0)
            world_alloc(root, 8, 3);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1, "one stack is one finding, whatever the unit");
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    cr_expect_eq(finding->count, 2);
    cr_expect_eq(finding->per_unit.unit, API_MARK_KINDS);
    findings_free(&world.found);
}

/* What is opened when it is needed first is taken once; what is taken again may be so for ever. */
Test(permanent_pool_alloc, in_two_units_of_a_daemon)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 50; i++) {
        world_mark(API_MARK_COMMAND);
        if (i == 3 || i == 4)
            world_alloc(root, 8, 3);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    findings_free(&world.found);
}

Test(permanent_pool_alloc, before_the_first_unit_of_work_is_still_start_up)
{
    world_start(&rule_permanent_pool_alloc);
    struct pool *root = world_root();
    world_alloc(root, 8, 3);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    cr_expect_eq(finding->phase, PHASE_START);
    findings_free(&world.found);
}
