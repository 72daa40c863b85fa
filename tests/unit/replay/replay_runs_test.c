/* replay_runs_test.c - many events: runs of allocations replayed at once, and hostile ones. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>

TestSuite(replay_runs, .init = observed_set_up, .fini = observed_tear_down);

/* Tells of every event, so that runs are replayed one by one. */
static void on_event(void *data, const struct process *process, const struct trace_event *event)
{
    (void)process;
    *(uint64_t *)data += event->kind == TRACE_EVENT_ALLOC;
}

Test(replay_runs, allocations_from_a_pool_of_no_interest_are_told_of_again_when_it_may_be_of_some)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, 0, 1);
    for (uint64_t i = 1; i <= 4; i++)
        builder_alloc(builder, ROOT, 2, i);
    builder_alloc(builder, CHILD, 3, 1);
    builder_alloc(builder, ROOT, 77, 5); /* 77: no such backtrace */
    builder_mark(builder, COMMAND);
    builder_alloc(builder, ROOT, 4, 6);
    builder_alloc(builder, ROOT, 4, 7);
    builder_root(builder, 0, ROOT);
    builder_alloc(builder, ROOT, 5, 8);
    builder_fork_event(builder, 1);
    builder_alloc(builder, ROOT, 9, 9);
    builder_destroy(builder, ROOT, 6, UNKNOWN, UNKNOWN);
    builder_create(builder, ROOT, 0, 1);
    builder_alloc(builder, ROOT, 7, 10);
    builder_alloc(builder, ROOT, 8, 11);
    write_trace(builder);
    struct error error = {""};
    struct recording *recording = recording_open(observed_dir, &error);
    cr_assert(recording_replay(recording, &observed_once, 1, &error), "%s", error.text);
    cr_assert_str_eq(observed, "1: start master, 0 pools, 0 B\n"
                               "1: alloc 1 in - of 8 B, stack 2\n"
                               "1: alloc 1 in - of 8 B, stack 3\n"
                               "1: alloc 6 in - of 48 B, stack 4\n"
                               "1: alloc 8 in permanent_pool of 64 B, stack 5\n"
                               "1: alloc 9 in permanent_pool of 80 B, stack 9\n"
                               "1: alloc 10 in - of 16 B, stack 7\n");
    const struct recording_stats *stats = recording_stats(recording);
    cr_expect_eq(stats->events, 19);
    cr_expect_eq(stats->allocations, 12);
    cr_expect_eq(stats->traced_bytes, 120);
    cr_expect_eq(stats->unknown_stacks, 1);
    cr_expect_eq(stats->distinct_stacks, 9);
    recording_close(recording);
}

static struct recording_stats stats_of(struct recording *recording,
                                       const struct replay_observer *by)
{
    struct error error;
    cr_assert(recording_replay(recording, by, 1, &error));
    return *recording_stats(recording);
}

/* The same whether each allocation is told of or none. */
Test(replay_runs, runs_of_allocations_count_as_each_of_them)
{
    struct trace_builder *builder = new_trace(1, 1);
    uint64_t state = 1, allocations = 0;
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    for (int i = 0; i < 20000; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        builder_alloc(builder, state >> 60 ? ROOT : CHILD, (uint32_t)(state >> 40) % 40,
                      state >> 55 & 1 ? state >> 20 : state >> 50);
        if (i % 1000 == 999)
            builder_mark(builder, COMMAND);
    }
    write_trace(builder);
    struct error error;
    struct recording *recording = recording_open(observed_dir, &error);
    struct recording_stats none = stats_of(recording, &(struct replay_observer){0});
    struct recording_stats all =
        stats_of(recording, &(struct replay_observer){.data = &allocations, .on_event = on_event});
    cr_expect_eq(allocations, 20000);
    cr_expect_eq(all.allocations, 20000);
    cr_expect_gt(all.unknown_stacks, 1000);
    cr_expect_eq(all.traced_bytes, none.traced_bytes);
    cr_expect_eq(all.events, none.events);
    cr_expect_eq(all.pool_events, none.pool_events);
    cr_expect_eq(all.allocations, none.allocations);
    cr_expect_eq(all.unknown_stacks, none.unknown_stacks);
    cr_expect_eq(all.distinct_stacks, none.distinct_stacks);
    recording_close(recording);
}

/* What no recorder writes: every kind of event on any of a few pools, under hostile numbers. */
Test(replay_runs, random_events_leave_the_tree_whole, .timeout = 120)
{
    uint64_t state = 7;
    for (int round = 0; round < 300; round++) {
        struct trace_builder *builder = new_trace(1, 1);
        for (int i = 0; i < 150; i++) {
            state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
            uint64_t pool = 0x1000 * (1 + (state >> 33) % 12);
            uint64_t parent = 0x1000 * ((state >> 40) % 13);
            switch ((state >> 50) % 8) {
            case 0:
            case 1:
            case 2:
                builder_create(builder, pool, parent, 1);
                break;
            case 3:
                builder_destroy(builder, pool, 2, state >> 60, UNKNOWN);
                break;
            case 4:
                builder_alloc(builder, pool, 3, state >> 20);
                break;
            case 5:
                builder_root(builder, (state >> 45) % 3, pool);
                break;
            case 6:
                builder_clear(builder, pool, 4, UNKNOWN, UNKNOWN);
                break;
            default:
                builder_name(builder, pool, 5, "x");
            }
        }
        write_trace(builder);
        observed[0] = '\0';
        struct recording *recording = replay_all();
        const struct process *process = recording_process(recording, 0);
        cr_assert(process->pools <= 12, "%u pools", process->pools);
        recording_close(recording);
    }
}
