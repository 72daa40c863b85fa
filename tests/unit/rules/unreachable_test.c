/* unreachable_test.c - unreachable-subpool and dangling-pointer: what walks told, as findings. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/pool_world.h"

static void walk(enum trace_walk_when when, enum trace_walk_result result)
{
    const struct trace_event event = {.kind = TRACE_EVENT_WALK,
                                      .walk = {.when = (uint8_t)when, .result = (uint8_t)result}};
    world.process.tick++;
    world.observer.on_walk(world.observer.data, &world.process, &event);
}

static void lost(const struct pool *pool, uint64_t below, uint64_t held)
{
    const struct trace_event event = {
        .kind = TRACE_EVENT_UNREACHABLE, .number = below, .held = held};
    world.observer.on_unreachable(world.observer.data, &world.process, &event, pool);
}

Test(unreachable, once_is_enough_and_what_is_below_is_told_with_it)
{
    world_start(&rule_unreachable_subpool);
    struct pool *root = world_root(), *pool = world_create(root, 2, "leaked");
    world_alloc(world_create(pool, 3, "below"), 40, 4);
    world_alloc(pool, 8, 4);
    walk(TRACE_WALK_AT_SHUTDOWN, TRACE_WALK_DONE);
    lost(pool, 1, 1088);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->rule, "unreachable-subpool");
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_str_eq(finding->path, "permanent_pool > leaked");
    cr_expect_eq(finding->created, 2);
    cr_expect_eq(finding->culprit, 2);
    cr_expect_eq(finding->count, 1);
    cr_expect_eq(finding->below, 1);
    cr_expect_eq(finding->bytes, 48);
    cr_assert(finding->reach);
    cr_expect_eq(finding->reach->unreachable, 1);
    cr_expect_eq(finding->reach->alive, 1);
    cr_expect_eq(finding->reach->held, 1088);
    cr_expect_eq(finding->reach->when, TRACE_WALK_AT_SHUTDOWN);
    findings_free(&world.found);
}

Test(unreachable, a_site_is_as_the_last_walk_that_names_it_says)
{
    world_start(&rule_unreachable_subpool);
    struct pool *root = world_root(), *pools[5];
    for (unsigned i = 0; i < 5; i++) {
        world_mark(API_MARK_COMMAND);
        pools[i] = world_create(root, 2, "leaked");
        pools[i]->last_unit = world.process.unit;
        walk(TRACE_WALK_AT_UNIT, TRACE_WALK_DONE);
        for (unsigned j = 1; j <= i; j++) /* the first is hidden */
            lost(pools[j], 0, 544);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 4);
    cr_expect_eq(finding->reach->alive, 5);
    cr_expect_eq(finding->reach->held, 4 * 544);
    cr_expect_eq(finding->reach->when, TRACE_WALK_AT_UNIT);
    cr_expect_eq(finding->reach->walk.index, 2, "%u", finding->reach->walk.index);
    findings_free(&world.found);
}

Test(unreachable,
     pools_were_made_between_the_first_and_the_last_of_them_in_whatever_order_they_come)
{
    world_start(&rule_unreachable_subpool);
    struct trace_header header = {.sync_ticks = {0, 1000}, .sync_ns = {0, 1000}};
    struct pool *pools[3], *root = world_root();
    world.process.header = &header;
    for (unsigned i = 0; i < 3; i++) {
        pools[i] = world_create(root, 2, "leaked");
        pools[i]->created_tick = 100 * (i + 1);
    }
    walk(TRACE_WALK_AT_UNIT, TRACE_WALK_DONE);
    lost(pools[1], 0, 544);
    lost(pools[2], 0, 544);
    lost(pools[0], 0, 544);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->first_ns, trace_wall_ns(&header, 100));
    cr_expect_eq(finding->last_ns, trace_wall_ns(&header, 300));
    findings_free(&world.found);
}

/* The walk before did not name it, though it was there and untouched since. */
Test(unreachable, the_walk_before_is_the_bracket)
{
    world_start(&rule_unreachable_subpool);
    struct pool *pool = world_create(world_root(), 2, "leaked");
    world_mark(API_MARK_RESTART);
    pool->last_unit = world.process.unit;
    world_mark(API_MARK_RESTART);
    walk(TRACE_WALK_AT_UNIT, TRACE_WALK_DONE);
    walk(TRACE_WALK_AT_UNIT, TRACE_WALK_THREADS);
    world_mark(API_MARK_RESTART);
    walk(TRACE_WALK_AT_UNIT, TRACE_WALK_DONE);
    lost(pool, 0, 544);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->reach->last.index, 2);
    cr_expect_eq(finding->reach->walk.index, 3);
    findings_free(&world.found);
}

Test(unreachable, what_was_there_before_the_fork_is_the_parents_to_tell)
{
    world_start(&rule_unreachable_subpool);
    struct pool *root = world_root(), *before = world_create(root, 2, "before");
    const struct process parent = world_fork(101);
    struct pool *own = world_create(root, 3, "own");
    walk(TRACE_WALK_AT_EXIT, TRACE_WALK_DONE);
    lost(before, 0, 544);
    lost(own, 0, 544);
    world_exit(parent);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->tag, "own");
    cr_expect_eq(finding->kind, PROCESS_SESSION);
    findings_free(&world.found);
}

/* A child that was forked serves a connection, and begins so many commands. */
static enum severity lost_in_session(unsigned commands, enum trace_walk_when when)
{
    world_start(&rule_unreachable_subpool);
    struct pool *root = world_root();
    const struct process parent = world_fork(101);
    world_mark(API_MARK_CONNECTION);
    struct pool *own = world_create(root, 3, "own");
    for (unsigned i = 0; i < commands; i++)
        world_mark(API_MARK_COMMAND);
    walk(when, TRACE_WALK_DONE);
    lost(own, 0, 544);
    world_exit(parent);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    const enum severity severity = finding->severity;
    findings_free(&world.found);
    return severity;
}

Test(unreachable, what_a_session_of_one_job_has_lost_at_its_end_is_a_note)
{
    cr_expect_eq(lost_in_session(0, TRACE_WALK_AT_EXIT), SEVERITY_NOTE);
    cr_expect_eq(lost_in_session(0, TRACE_WALK_AT_SHUTDOWN), SEVERITY_NOTE);
    cr_expect_eq(lost_in_session(0, TRACE_WALK_AT_FORK), SEVERITY_ERROR);
    cr_expect_eq(lost_in_session(1, TRACE_WALK_AT_SHUTDOWN), SEVERITY_ERROR);
}

/* What happens to a pool after a walk has named it. */
enum after { UNUSED, PARENT_OF_ANOTHER, ALLOCATED_FROM, DESTROYED };

static size_t found_after(enum after after)
{
    world_start(&rule_unreachable_subpool);
    struct pool *root = world_root();
    struct pool *pool = world_create(root, 2, "lost"), *other = world_create(root, 2, "lost");
    walk(TRACE_WALK_AT_SHUTDOWN, TRACE_WALK_DONE);
    lost(pool, 0, 544);
    lost(other, 0, 544);
    world.process.tick++;
    if (after == PARENT_OF_ANOTHER)
        world_create(pool, 3, "below");
    if (after == ALLOCATED_FROM)
        pool->last_tick = world.process.tick;
    if (after == DESTROYED)
        world_destroy(pool);
    world_end();
    const size_t count = world.found.count;
    findings_free(&world.found);
    return count;
}

/* The last pointer to what a process has to its end goes as its functions return: what one place
 * made once. Where that made others, which were destroyed, one was forgotten. */
static enum severity lost_at_exit(bool others)
{
    world_start(&rule_unreachable_subpool);
    struct pool *root = world_root();
    world.process.unit = (struct unit){API_UNIT_TIME, 1};
    for (unsigned i = 0; others && i < 3; i++)
        world_destroy(world_create(root, 2, "work"));
    struct pool *pool = world_create(root, 2, "work");
    pool->last_unit = world.process.unit;
    world.process.unit.index = 9;
    walk(TRACE_WALK_AT_EXIT, TRACE_WALK_DONE);
    lost(pool, 0, 544);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    const enum severity severity = finding->severity;
    findings_free(&world.found);
    return severity;
}

Test(unreachable, what_was_there_to_the_end_of_the_only_job_is_a_note)
{
    cr_expect_eq(lost_at_exit(false), SEVERITY_NOTE);
    cr_expect_eq(lost_at_exit(true), SEVERITY_ERROR);
}

Test(unreachable, who_uses_one_afterwards_had_a_pointer_to_it)
{
    cr_expect_eq(found_after(UNUSED), 1);
    cr_expect_eq(found_after(PARENT_OF_ANOTHER), 0);
    cr_expect_eq(found_after(ALLOCATED_FROM), 0);
    cr_expect_eq(found_after(DESTROYED), 0);
}

static void dangle(const struct pool *pool, const struct pool *holder, uint64_t at, uint32_t stack)
{
    const struct trace_event event = {
        .kind = TRACE_EVENT_DANGLING, .holder = at, .holder_pool = holder ? 1 : 0, .offset = 24};
    world.observer.on_dangling(world.observer.data, &world.process, &event, pool, holder, stack);
}

Test(dangling, a_variable_is_a_note_and_a_warning_where_it_is_exact)
{
    for (unsigned exact = 0; exact < 2; exact++) {
        world_start(&rule_dangling_pointer);
        struct pool *dead = world_create(world_root(), 2, "dead");
        dead->destroyed = 9;
        world_destroy(dead);
        for (unsigned i = 0; i < 3; i++) {
            walk(TRACE_WALK_AT_UNIT, exact ? TRACE_WALK_EXACT : TRACE_WALK_DONE);
            dangle(dead, NULL, 4096, 7);
        }
        const struct finding *finding = world_end();
        cr_assert_eq(world.found.count, 1);
        cr_expect_eq(finding->severity, exact ? SEVERITY_WARNING : SEVERITY_NOTE);
        cr_expect_eq(finding->created, 2);
        cr_expect_eq(finding->destroyed, 9);
        cr_expect_eq(finding->stack, 7);
        cr_expect_eq(finding->culprit, 7);
        cr_expect_eq(finding->count, 3);
        cr_expect_null(finding->reach->holder);
        findings_free(&world.found);
    }
}

Test(dangling, data_of_a_pool_is_told_with_its_place_there)
{
    world_start(&rule_dangling_pointer);
    struct pool *root = world_root(), *holder = world_create(root, 3, "holder");
    struct pool *dead = world_create(root, 2, "dead");
    holder->address = 4096;
    dead->destroyed = 9;
    world_destroy(dead);
    walk(TRACE_WALK_AT_UNIT, TRACE_WALK_EXACT);
    dangle(dead, holder, 4096 + 72, 0);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->reach->holder, "holder");
    cr_expect_eq(finding->reach->holder_offset, 72);
    cr_expect_eq(finding->reach->offset, 24);
    cr_expect_eq(finding->culprit, 9);
    findings_free(&world.found);
}
