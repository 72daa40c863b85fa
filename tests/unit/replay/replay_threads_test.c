/* replay_threads_test.c - events of several threads in one process: whose unit is whose. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>

TestSuite(replay_threads, .init = observed_set_up, .fini = observed_tear_down);

/* Events from here on are THREAD's, from 1. */
static void turn_to(struct trace_builder *builder, uint32_t thread)
{
    builder_stream(builder, thread - 1);
}

Test(replay_threads, a_command_is_its_threads_alone)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_mark(builder, COMMAND);
    turn_to(builder, 2);
    builder_mark(builder, COMMAND); /* it has begun none before: the process is in the first */
    builder_mark(builder, COMMAND);
    turn_to(builder, 1);
    builder_mark(builder, COMMAND);
    builder_mark(builder, RESTART); /* concerns the other one, too */
    turn_to(builder, 2);
    builder_mark(builder, COMMAND);
    turn_to(builder, 3);
    builder_mark(builder, STARTUP);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(observed, "1: start master, 0 pools, 0 B\n"
                               "1: mark command in none 0, phase 0\n"
                               "1: mark command in command 1, phase 1\n"
                               "1: mark command in command 2, phase 1\n"
                               "1: mark command in command 1, phase 1\n"
                               "1: mark restart in command 4, phase 1\n"
                               "1: mark command in restart 1, phase 1\n"
                               "1: mark startup in command 5, phase 1\n"
                               "1: end, 0 pools, 0 B, not told 0\n");
    const struct process *process = recording_process(recording, 0);
    cr_assert_eq(process->units[API_MARK_COMMAND], 5);
    cr_assert_eq(process->command, 5, "the third thread has begun none");
    recording_close(recording);
}

Test(replay_threads, each_ends_its_own_pools_from_the_same_place)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_create(builder, GRAND, ROOT, 1);
    builder_destroy(builder, CHILD, 2, 0, UNKNOWN);
    turn_to(builder, 2);
    builder_destroy(builder, GRAND, 2, 0, UNKNOWN);
    turn_to(builder, 1);
    builder_alloc(builder, CHILD, IN_2, 8); /* a cleanup of CHILD */
    turn_to(builder, 2);
    builder_alloc(builder, GRAND, IN_2, 8); /* and one of GRAND */
    builder_alloc(builder, CHILD, IN_2, 8); /* which uses CHILD */
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(observed,
                     "1: start master, 0 pools, 0 B\n"
                     "1: create 10000 in nothing, stack 1\n"
                     "1: create 20000 in -, stack 1\n"
                     "1: create 30000 in -, stack 1\n"
                     "1: destroy (no name) > (no name) with -, stack 2\n"
                     "1: destroy (no name) > (no name) with -, stack 2\n"
                     "1: uses gone (no name) > (no name), made at 1, destroyed at 2, stack 10\n"
                     "1: end, 1 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_stats(recording)->stale, 1);
    recording_close(recording);
}

/* The parent's thread 2 made CHILD, unless it was not yet told, and took 8 bytes of it that were
 * not told; its child is asked for BYTES in CHILD after it took TAKEN more. */
static const struct coverage *asked_after_fork(unsigned threads, uint64_t taken, uint64_t bytes)
{
    static struct coverage coverage;
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    turn_to(builder, threads);
    builder_create(builder, CHILD, ROOT, 1);
    turn_to(builder, 1);
    builder_fork_event(builder, 1);
    write_trace(builder);
    builder = builder_fork(2, 20, 1, 1, 10);
    if (taken)
        builder_alloc(builder, CHILD, 1, taken);
    builder_survey(builder, CHILD, bytes, 512);
    builder_survey(builder, OTHER, 16, 512);
    write_trace(builder);
    struct recording *recording = replay_all();
    coverage = recording_stats(recording)->coverage;
    coverage.sample_count = 0;
    recording_close(recording);
    return &coverage;
}

Test(replay_threads, what_a_thread_was_changing_at_a_fork_is_not_compared)
{
    const struct coverage *coverage = asked_after_fork(2, 0, 8);
    cr_expect_eq(coverage->mismatches, 0);
    cr_expect_eq(coverage->in_change, 2, "CHILD, and OTHER that was not told");
    coverage = asked_after_fork(2, 16, 24);
    cr_expect_eq(coverage->mismatches, 1, "the child itself was at work on CHILD");
    coverage = asked_after_fork(1, 0, 8);
    cr_expect_eq(coverage->mismatches, 2, "there was no other thread");
    cr_expect_eq(coverage->in_change, 0);
}

/* Who wants to know nothing more of a pool while one thread uses it is told when another does. */
Test(replay_threads, each_is_another_moment)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, CHILD, 0, 1);
    builder_mark(builder, COMMAND);
    for (uint32_t thread = 1; thread <= 2; thread++) {
        turn_to(builder, thread);
        builder_alloc(builder, CHILD, thread, 8);
        builder_alloc(builder, CHILD, thread, 8);
    }
    write_trace(builder);
    struct error error = {""};
    struct recording *recording = recording_open(observed_dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observed_once, 1, &error), "%s", error.text);
    cr_assert_str_eq(observed, "1: start master, 0 pools, 0 B\n"
                               "1: alloc 8 in - of 8 B, stack 1\n"
                               "1: alloc 8 in - of 24 B, stack 2\n");
    recording_close(recording);
}
