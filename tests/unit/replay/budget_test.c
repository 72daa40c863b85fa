/* budget_test.c - what one process may take of memory: told when it is reached, and nobody else's
 * loss. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/budget.h"

#include "analyzer/gate/doubts.h"
#include "analyzer/replay/pool_tree.h"
#include "tests/unit/support/trace_dir.h"

#include <criterion/criterion.h>
#include <string.h>

#define POOL UINT64_C(0x10000)

TestSuite(budget, .init = set_up, .fini = tear_down);

static void create(struct trace_builder *builder, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        builder_create(builder, POOL + i * 64, 0, 0);
        if (i % 65536 == 65535)
            builder_end_block(builder);
    }
}

/* Of the process with that PID. */
static const char *damage_of(const struct recording *recording, int pid)
{
    for (size_t i = 0; i < recording_process_count(recording); i++)
        if (recording_process(recording, i)->pid == pid)
            return recording_damage(recording, i);
    cr_assert_fail("no process %d", pid);
    return NULL;
}

static void expect_doubt(const struct recording *recording, const char *words)
{
    struct doubts doubts = doubts_of(recording);
    bool told = false;
    for (size_t i = 0; i < doubts.count; i++)
        told = told || strstr(doubts.text[i], words);
    cr_expect(told, "no doubt says: %s", words);
    doubts_free(&doubts);
}

Test(budget, pools_beyond_all_measure_end_the_replay_of_their_process_alone)
{
    struct trace_builder *builder = builder_new(1, 10);
    create(builder, BUDGET_ENTRIES + 100000);
    write_trace(builder);
    builder = builder_new(2, 20);
    create(builder, 10);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_expect_str_eq(damage_of(recording, 10), "more pools and allocations at once than can be");
    cr_expect_null(damage_of(recording, 20));
    cr_expect_lt(recording_stats(recording)->creates, BUDGET_ENTRIES + 10000);
    expect_doubt(recording, "process 10 is damaged: more pools");
    recording_close(recording);
}

Test(budget, what_waits_in_a_chain_of_forks_counts_together)
{
    enum { POOLS = 30000, CHAIN = 100 };
    for (uint64_t i = 1; i <= CHAIN; i++) {
        struct trace_builder *builder =
            i == 1 ? builder_new(i, (int)i) : builder_fork(i, (int)i, i - 1, 1, 1);
        if (i == 1)
            create(builder, POOLS);
        builder_fork_event(builder, 1);
        write_trace(builder);
    }
    struct recording *recording = replay_all();
    cr_expect_null(damage_of(recording, 60));
    cr_expect_eq(recording_stats(recording)->damaged, 1);
    cr_expect_not_null(damage_of(recording, BUDGET_ENTRIES / POOLS + 1));
    cr_expect_eq(recording_stats(recording)->processes, CHAIN);
    expect_doubt(recording, "more pools than can be, in it and in what it was forked by");
    recording_close(recording);
}

Test(budget, pools_that_are_gone_are_forgotten_first)
{
    struct pool_tree tree = {0};
    for (uint64_t i = 0; i < 1000; i++) {
        pool_tree_add(&tree, POOL + i * 64, 0);
        if (i % 2)
            pool_tree_remove(&tree, pool_tree_find(&tree, POOL + i * 64));
    }
    cr_expect_eq(pool_tree_forget_gone(&tree), 500);
    cr_expect_eq(pool_tree_forget_gone(&tree), 0);
    cr_expect_eq(tree.numbers.count, 500);
    cr_expect_null(pool_tree_last(&tree, POOL + 64));
    cr_expect_not_null(pool_tree_find(&tree, POOL));
    const uint32_t limit = tree.limit;
    for (uint64_t i = 0; i < 500; i++)
        pool_tree_add(&tree, 2 * POOL + i * 64 + 64000, 0);
    cr_expect_eq(tree.limit, limit, "their numbers are used again");
    cr_expect_eq(pool_tree_find(&tree, POOL + 128)->address, POOL + 128);
    pool_tree_free(&tree);
}
