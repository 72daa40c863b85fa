/* leaked_subpool_test.c - leaked-subpool: what piles up and what does not. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/pool_world.h"

Test(leaked_subpool, one_more_at_each_restart)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 20; i++) {
        world_mark(API_MARK_RESTART);
        world_alloc(world_create(root, 2, "mod_x"), 41, 3);
        world_destroy(world_create(root, 4, "config"));
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->rule, "leaked-subpool");
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_str_eq(finding->tag, "mod_x");
    cr_expect_str_eq(finding->path, "permanent_pool > mod_x");
    cr_expect_eq(finding->created, 2);
    cr_expect_eq(finding->count, 20);
    cr_expect_eq(finding->bytes, 20 * 48);
    cr_expect_eq(finding->per_unit.unit, API_MARK_RESTART);
    cr_expect_float_eq(finding->per_unit.count, 1, 1e-9);
    cr_expect_float_eq(finding->per_unit.bytes, 48, 1e-9);
    cr_expect_eq(finding->per_unit.units, 20);
    cr_assert_eq(finding->pids.count, 1);
    cr_expect_eq(finding->pids.items[0], 100);
    findings_free(&world.found);
}

/* Graceful restarts alone leak; the others have another signal. */
Test(leaked_subpool, one_signal_of_two)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    static const char hup[] = "SIGHUP", usr1[] = "SIGUSR1";
    for (unsigned i = 0; i < 20; i++) {
        world_restart(i % 2 ? usr1 : hup);
        struct pool *pool = world_create(root, 2, "mod_x");
        if (i % 2 == 0)
            world_destroy(pool);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->per_unit.label.label, usr1);
    cr_expect_eq(finding->per_unit.label.grew, 10);
    cr_expect_eq(finding->per_unit.label.units, 10);
    cr_expect_eq(finding->per_unit.label.others_grew, 0);
    findings_free(&world.found);
}

Test(leaked_subpool, one_of_many_that_are_destroyed)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 30; i++) {
        world_mark(API_MARK_COMMAND);
        for (unsigned j = 0; j < 10; j++)
            world_destroy(world_create(root, 2, "cmd"));
        world_create(root, 2, "cmd");
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 30);
    cr_expect_eq(finding->per_unit.unit, API_MARK_COMMAND);
    findings_free(&world.found);
}

Test(leaked_subpool, ways_that_are_too_thin_alone_are_judged_as_their_sum)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (uint32_t i = 0; i < 18; i++) {
        world_mark(API_MARK_COMMAND);
        world_alloc(world_create(root, 1001 + i % 9, "scratch"), 8, 3);
        world_destroy(world_create(root, 1020, "scratch"));
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 18);
    cr_expect_eq(finding->bytes, 18 * 8);
    cr_expect_eq(finding->made, 36, "with those that ended");
    cr_expect_eq(finding->per_unit.grew, 18);
    cr_assert_eq(finding->places.count, 9, "one that leaves none behind is no part");
    cr_expect_eq(finding->places.items[0].count, 2);
    cr_expect_float_eq(finding->places.items[0].per_unit.count, 1, 1e-9);
    findings_free(&world.found);
}

Test(leaked_subpool, pools_of_one_place_are_counted_apart_from_those_of_another)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (uint32_t i = 0; i < 12; i++) {
        world_mark(API_MARK_COMMAND);
        world_create(root, 1001, "a");
        world_create(root, 2001, "b");
    }
    world_end();
    cr_expect_eq(world.found.count, 2);
    findings_free(&world.found);
}

Test(leaked_subpool, two_restarts_tell_nothing)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 2; i++) {
        world_mark(API_MARK_RESTART);
        world_create(root, 2, "mod_x");
    }
    expect_nothing();
}

Test(leaked_subpool, many_in_one_unit_are_alive_and_no_leak)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        for (unsigned j = 0; i == 0 && j < 300; j++)
            world_create(root, 2, "symbol");
    }
    expect_nothing();
}

Test(leaked_subpool, pools_replaced_at_each_restart)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root(), *old = NULL;
    for (unsigned i = 0; i < 20; i++) {
        world_mark(API_MARK_RESTART);
        struct pool *new = world_create(root, 2, "server");
        if (old)
            world_destroy(old);
        old = new;
    }
    expect_nothing();
}

Test(leaked_subpool, a_cache_that_fills_and_then_stops)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 100; i++) {
        world_mark(API_MARK_COMMAND);
        if (i < 40)
            world_create(root, 2, "entry");
    }
    expect_nothing();
}

Test(leaked_subpool, a_cache_that_evicts)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root(), *entries[8] = {0};
    for (unsigned i = 0; i < 90; i++) {
        world_mark(API_MARK_COMMAND);
        if (entries[i % 8])
            world_destroy(entries[i % 8]);
        entries[i % 8] = world_create(root, 2, "entry");
    }
    expect_nothing();
}

Test(leaked_subpool, destroyed_later_in_one_go)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root(), *pools[30];
    for (unsigned i = 0; i < 30; i++) {
        world_mark(API_MARK_COMMAND);
        pools[i] = world_create(root, 2, "later");
    }
    for (unsigned i = 0; i < 30; i++)
        world_destroy(pools[i]);
    world_mark(API_MARK_COMMAND);
    expect_nothing();
}

/* A program that no mark says ends frees what it has. */
Test(leaked_subpool, destroyed_in_one_go_in_the_last_unit)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root(), *pools[30];
    for (unsigned i = 0; i < 30; i++) {
        world_mark(API_MARK_COMMAND);
        pools[i] = world_create(root, 2, "later");
    }
    world_mark(API_MARK_COMMAND);
    for (unsigned i = 0; i < 30; i++)
        world_destroy(pools[i]);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 30);
    cr_expect(finding->given_back);
    findings_free(&world.found);
}

/* What is counted to the pool above it has not ended. */
Test(leaked_subpool, most_of_a_place_may_be_below_others)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root(), *group = NULL;
    for (unsigned i = 0; i < 40; i++) {
        world_mark(API_MARK_COMMAND);
        if (i % 4 == 0)
            group = world_create(root, 2, "group");
        world_create(i % 4 == 1 ? root : group, 1001 + i % 2, "part");
    }
    world_end();
    cr_assert_eq(world.found.count, 2);
    for (unsigned i = 0; i < 2; i++) {
        const struct finding *finding = &world.found.items[i];
        cr_expect_eq(finding->count, 10);
        cr_expect_eq(finding->made, 10);
        cr_expect_eq(finding->below, finding->created == 2 ? 30 : 0);
    }
    findings_free(&world.found);
}

/* Who came to the place first is not who made them. */
Test(leaked_subpool, what_was_given_back_is_told_of_with_the_way_by_which_most_came)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root(), *pools[30];
    for (unsigned i = 0; i < 30; i++) {
        world_mark(API_MARK_COMMAND);
        pools[i] = world_create(root, i == 0 ? 1001 : 1002, "later");
    }
    world_mark(API_MARK_COMMAND);
    for (unsigned i = 0; i < 30; i++)
        world_destroy(pools[i]);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 30);
    cr_expect_eq(finding->created, 1002);
    cr_expect_eq(finding->culprit, 1002);
    findings_free(&world.found);
}

Test(leaked_subpool, what_is_destroyed_at_shutdown_was_leaked_until_then)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root(), *pools[9];
    for (unsigned i = 0; i < 9; i++) {
        world_mark(API_MARK_RESTART);
        pools[i] = world_create(root, 2, "late");
    }
    world_mark(API_MARK_SHUTDOWN);
    for (unsigned i = 0; i < 9; i++)
        world_destroy(pools[i]);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 9);
    findings_free(&world.found);
}

/* Each unit leaves two that end with what holds them in the end: one of a queue, and one that is
 * not. */
static void leave_two(enum api_mark_kind last)
{
    world_start(&rule_leaked_subpool);
    world_role("event", API_LIFE_QUEUE, "");
    struct pool *root = world_root(), *left[2][20];
    for (unsigned i = 0; i < 20; i++) {
        world_mark(API_MARK_COMMAND);
        left[0][i] = world_create(root, 2, "event");
        left[1][i] = world_create(root, 3, "forgotten");
    }
    world_mark(last);
    for (unsigned i = 0; i < 20; i++) {
        world_destroy(left[0][i]);
        world_destroy(left[1][i]);
    }
    world_end();
}

Test(leaked_subpool, what_waits_in_a_queue_and_ends_is_none)
{
    leave_two(API_MARK_COMMAND);
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(world.found.items[0].tag, "forgotten");
    findings_free(&world.found);
}

Test(leaked_subpool, what_is_left_in_a_queue_is_a_warning)
{
    leave_two(API_MARK_SHUTDOWN);
    cr_assert_eq(world.found.count, 2);
    cr_expect_str_eq(world.found.items[0].tag, "forgotten");
    cr_expect_eq(world.found.items[0].severity, SEVERITY_ERROR);
    cr_expect_str_eq(world.found.items[1].tag, "event");
    cr_expect_eq(world.found.items[1].severity, SEVERITY_WARNING);
    findings_free(&world.found);
}

Test(leaked_subpool, inherited_pools_are_not_made_by_the_child)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 5; i++) {
        world_mark(API_MARK_RESTART);
        world_create(root, 2, "mod_x");
        struct process parent = world_fork(200 + (int32_t)i);
        for (unsigned j = 0; j < 9; j++)
            world_mark(API_MARK_COMMAND);
        world_exit(parent);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->kind, PROCESS_MASTER);
    cr_expect_eq(finding->count, 5);
    findings_free(&world.found);
}

Test(leaked_subpool, sessions_are_one_finding)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 50; i++) {
        uint32_t limit = world.limit, first = root->first_child;
        struct process parent = world_fork(1000 - (int32_t)i);
        for (unsigned j = 0; j < 10; j++) {
            world_mark(API_MARK_COMMAND);
            world_create(root, 2, "cmd");
        }
        world_exit(parent);
        world.limit = limit;
        root->first_child = first;
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->kind, PROCESS_SESSION);
    cr_expect_eq(finding->count, 500);
    cr_expect_float_eq(finding->per_unit.count, 1, 1e-9);
    cr_assert_eq(finding->pids.count, 50);
    for (size_t i = 0; i < 50; i++)
        cr_expect_eq(finding->pids.items[i], 951 + (int32_t)i);
    findings_free(&world.found);
}

Test(leaked_subpool, only_the_topmost_is_told)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 12; i++) {
        world_mark(API_MARK_RESTART);
        struct pool *top = world_create(root, 2, "top");
        struct pool *middle = world_create(top, 3, "middle");
        world_alloc(world_create(middle, 4, "lowest"), 100, 5);
        world_alloc(top, 10, 5);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->tag, "top");
    cr_expect_eq(finding->count, 12);
    cr_expect_eq(finding->below, 24);
    cr_expect_eq(finding->bytes, 12 * (16 + 104));
    findings_free(&world.found);
}

/* A pool at each of 20 restarts, of 8 bytes and of MORE by turns. */
static bool is_size_estimated(uint64_t more)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 20; i++) {
        world_mark(API_MARK_RESTART);
        struct pool *pool = world_create(root, 2, "mod_x");
        world_alloc(pool, i % 2 ? more : 8, 3);
        world_alloc(world_create(pool, 4, "below"), 8, 3);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    bool estimated = finding->per_unit.estimated;
    findings_free(&world.found);
    return estimated;
}

Test(leaked_subpool, the_mean_of_different_sizes_is_an_estimate)
{
    cr_expect_not(is_size_estimated(8));
    cr_expect(is_size_estimated(24));
}

Test(leaked_subpool, tells_the_commands_that_leak)
{
    static const char opts[] = "OPTS", noop[] = "NOOP";
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < 60; i++) {
        world_command(i % 3 ? noop : opts);
        struct pool *pool = world_create(root, 2, "cmd");
        if (i % 3)
            world_destroy(pool);
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->per_unit.label.label, "OPTS");
    cr_expect_eq(finding->per_unit.label.grew, 20);
    cr_expect_eq(finding->per_unit.label.units, 20);
    cr_expect_eq(finding->per_unit.label.others_grew, 0);
    cr_expect_eq(finding->per_unit.label.others, 40);
    cr_expect_str_eq(finding->places.items[0].per_unit.label.label, "OPTS");
    findings_free(&world.found);
}

/* SEVERAL commands of one verb each leave a pool behind, then many others come. */
static void leave_early(unsigned several, unsigned without)
{
    static const char opts[] = "OPTS", noop[] = "NOOP";
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < several + without; i++) {
        world_command(opts);
        if (i < several)
            world_create(root, 2, "cmd");
    }
    for (unsigned i = 0; i < 400; i++)
        world_command(noop);
}

Test(leaked_subpool, what_all_commands_of_one_verb_leave_behind_is_told)
{
    leave_early(30, 0);
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->count, 30);
    cr_expect_str_eq(finding->per_unit.label.label, "OPTS");
    findings_free(&world.found);
}

Test(leaked_subpool, a_cache_that_some_commands_of_a_verb_fill_is_none)
{
    leave_early(30, 10);
    expect_nothing();
}

Test(leaked_subpool, few_commands_of_a_verb_say_nothing)
{
    leave_early(8, 0);
    expect_nothing();
}

/* UNITS commands make a pool each and end it, but for three of them. */
static size_t found_of_three_left(unsigned units, const unsigned left[3])
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root();
    for (unsigned i = 0; i < units; i++) {
        world_mark(API_MARK_COMMAND);
        struct pool *pool = world_create(root, 2, "forgotten");
        if (i != left[0] && i != left[1] && i != left[2])
            world_destroy(pool);
    }
    const struct finding *finding = world_end();
    if (world.found.count) {
        cr_expect_eq(finding->severity, SEVERITY_WARNING);
        cr_expect_eq(finding->count, 3);
        cr_expect_eq(finding->per_unit.grew, 3);
    }
    const size_t count = world.found.count;
    findings_free(&world.found);
    return count;
}

/* Whenever that was, but for the beginning: what is made ready when it is needed first is made
 * then.
 */
Test(leaked_subpool, three_of_many_are_left)
{
    cr_expect_eq(found_of_three_left(40, (unsigned[]){4, 16, 21}), 1);
    cr_expect_eq(found_of_three_left(40, (unsigned[]){14, 16, 21}), 1);
    cr_expect_eq(found_of_three_left(40, (unsigned[]){1, 4, 9}), 0);
    cr_expect_eq(found_of_three_left(40, (unsigned[]){14, 14, 21}), 0);
}

/* Each is there for three units; three are there for ever. */
Test(leaked_subpool, three_outlive_the_others)
{
    world_start(&rule_leaked_subpool);
    struct pool *root = world_root(), *waiting[3] = {0};
    for (unsigned i = 0; i < 60; i++) {
        world_mark(API_MARK_COMMAND);
        if (waiting[i % 3] && i != 15 && i != 22 && i != 28)
            world_destroy(waiting[i % 3]);
        waiting[i % 3] = world_create(root, 2, "asked");
    }
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    cr_expect_eq(finding->count, 3);
    findings_free(&world.found);
}
