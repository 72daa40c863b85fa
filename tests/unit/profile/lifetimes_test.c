/* lifetimes_test.c - lifetime-contract and needless-subpool: lives as documented, and otherwise. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/lifetimes.h"
#include "tests/unit/support/pool_world.h"

#define CALL    20 /* stacks of one function */
#define ELSE    30
#define DESTROY 9 /* where world_destroy() destroys */

static struct pool *root, *session;

static void start(void)
{
    world_start(&rule_lifetime_contract);
    world_role("session", API_LIFE_PROCESS, "exit");
    world_role("cmd", API_LIFE_COMMAND, "loop,parent,exit");
    world_role("xfer", API_LIFE_TRANSFER, "clear,exit");
    world_role("conn", API_LIFE_COMMAND, "close");
    root = world_root();
}

/* From here on the world is a session's, which is about to exit by itself. */
static void serve(void)
{
    world_fork(101);
    world.process.ended = true;
    session = world_create(root, 2, "session");
}

static void exit_session(void)
{
    world_settle();
}

static void expect_departures(enum departure departure, uint64_t count)
{
    exit_session();
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1, "%zu found", world.found.count);
    cr_expect_str_eq(finding->rule, "lifetime-contract");
    cr_expect_eq(finding->severity, SEVERITY_WARNING);
    cr_expect_eq(finding->departure, departure);
    cr_expect_eq(finding->count, count);
    findings_free(&world.found);
}

static void expect_contract_kept(void)
{
    exit_session();
    expect_nothing();
}

Test(lifetime_contract, commands_one_after_the_other)
{
    start();
    serve();
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        world_destroy(world_create(session, CALL, "cmd"));
    }
    world_mark(API_MARK_COMMAND);
    world_create(session, CALL, "cmd");
    expect_contract_kept();
}

Test(lifetime_contract, a_command_that_was_left_behind)
{
    start();
    serve();
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        struct pool *cmd = world_create(session, CALL, "cmd");
        if (i != 3 && i != 5)
            world_destroy(cmd);
    }
    expect_departures(DEPARTS_OVERDUE, 2);
}

Test(lifetime_contract, a_command_may_last_while_other_threads_begin_theirs)
{
    start();
    serve();
    world_mark(API_MARK_COMMAND);
    struct pool *lasting = world_create(session, CALL, "cmd");
    uint32_t first = world.process.command;
    world.process.thread++;
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        world_destroy(world_create(session, CALL, "cmd"));
    }
    world.process.thread--;
    world.process.command = first;
    world_destroy(world_create(session, CALL, "cmd"));
    world_destroy(lasting);
    expect_contract_kept();
}

Test(lifetime_contract, a_command_may_last_while_others_are_read_within_it)
{
    start();
    serve();
    world_mark(API_MARK_COMMAND);
    struct pool *transfer = world_create(session, CALL, "cmd");
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        world_destroy(world_create(session, ELSE, "cmd"));
    }
    world_destroy(transfer);
    world_mark(API_MARK_COMMAND);
    world_destroy(world_create(session, CALL, "cmd"));
    expect_contract_kept();
}

Test(lifetime_contract, one_transfer_at_a_time)
{
    start();
    serve();
    world_mark(API_MARK_COMMAND);
    world_create(session, CALL, "xfer");
    world_destroy(world_create(session, ELSE, "xfer"));
    expect_departures(DEPARTS_OVERDUE, 1);
}

Test(lifetime_contract, the_last_transfer_may_be_there_at_the_exit)
{
    start();
    serve();
    world_destroy(world_create(session, CALL, "xfer"));
    world_create(session, CALL, "xfer");
    expect_contract_kept();
}

Test(lifetime_contract, a_connection_that_is_not_closed)
{
    start();
    serve();
    world_create(session, CALL, "conn");
    expect_departures(DEPARTS_AT_EXIT, 1);
}

Test(lifetime_contract, a_session_that_was_killed_closes_nothing)
{
    start();
    serve();
    world.process.ended = false;
    world_create(session, CALL, "conn");
    expect_contract_kept();
}

Test(lifetime_contract, a_masters_pools_end_with_it)
{
    start();
    world.process.ended = true;
    world_create(root, CALL, "conn");
    expect_nothing();
}

Test(lifetime_contract, what_a_session_inherits_is_its_masters)
{
    start();
    world_create(root, CALL, "conn");
    world_create(root, ELSE, "session");
    serve();
    expect_contract_kept();
}

Test(lifetime_contract, a_second_pool_of_the_process)
{
    start();
    serve();
    world_destroy(session);
    world_create(root, 2, "session");
    expect_departures(DEPARTS_AGAIN, 1);
}

/* needless-subpool */

static void scratch(uint32_t created, unsigned bytes)
{
    struct pool *pool = world_create(session, created, "scratch");
    if (bytes)
        world_alloc(pool, bytes, 3);
    world_destroy(pool);
}

static void start_needless(void)
{
    world_start(&rule_needless_subpool);
    root = world_root();
    serve();
}

Test(needless_subpool, a_few_bytes_in_each_command)
{
    start_needless();
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        scratch(DESTROY - 1, 8);
        scratch(DESTROY - 2, 17);
    }
    exit_session();
    const struct finding *finding = world_end();
    cr_assert_eq(world.found.count, 1);
    cr_expect_str_eq(finding->rule, "needless-subpool");
    cr_expect_eq(finding->severity, SEVERITY_NOTE);
    cr_expect_eq(finding->created, DESTROY - 1);
    cr_expect_eq(finding->count, 10);
    cr_expect_eq(finding->bytes, 80);
    findings_free(&world.found);
}

Test(needless_subpool, one_that_held_something_speaks_for_all)
{
    start_needless();
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        scratch(DESTROY - 1, i == 7 ? 100 : 0);
    }
    exit_session();
    expect_nothing();
}

Test(needless_subpool, two_commands_are_too_few)
{
    start_needless();
    for (unsigned i = 0; i < 2; i++) {
        world_mark(API_MARK_COMMAND);
        scratch(DESTROY - 1, 0);
        scratch(DESTROY - 1, 0);
    }
    exit_session();
    expect_nothing();
}

Test(needless_subpool, one_that_outlives_its_call_is_for_something)
{
    start_needless();
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        scratch(CALL, 8);
    }
    exit_session();
    expect_nothing();
}

Test(needless_subpool, one_with_pools_in_it_is_for_these)
{
    start_needless();
    for (unsigned i = 0; i < 10; i++) {
        world_mark(API_MARK_COMMAND);
        struct pool *pool = world_create(session, DESTROY - 1, "outer");
        struct pool *inner = world_create(pool, CALL, "inner");
        world_alloc(inner, 100, 3);
        world_destroy(inner);
        world_destroy(pool);
    }
    exit_session();
    expect_nothing();
}
