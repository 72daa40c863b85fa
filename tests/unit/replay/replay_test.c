/* replay_test.c - events to pools: what observers are observed, in which order, in which process.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/util/memory.h"
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(replay, .init = observed_set_up, .fini = observed_tear_down);

/* Writes BUILDER's trace, replays it and compares what was told. The caller closes the result. */
static struct recording *expect(struct trace_builder *builder, const char *expected)
{
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(observed, expected);
    return recording;
}

Test(replay, a_pool_lives)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_root(builder, 0, ROOT);
    builder_create(builder, CHILD, ROOT, 2);
    builder_name(builder, CHILD, 2, "sub");
    builder_alloc(builder, CHILD, 3, 13);
    builder_alloc(builder, CHILD, 4, 8);
    builder_clear(builder, CHILD, 5, 24, 512);
    builder_alloc(builder, CHILD, 3, 1);
    builder_destroy(builder, CHILD, 6, 8, 512);
    builder_survey(builder, ROOT, 0, 512);
    builder_end(builder, 3);
    struct recording *recording =
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: name top\n"
                        "1: create 20000 in permanent_pool, stack 2\n"
                        "1: name sub\n"
                        "1: alloc 13 in sub of 16 B, stack 3\n"
                        "1: alloc 8 in sub of 24 B, stack 4\n"
                        "1: clear sub of 24 B, stack 5\n"
                        "1: alloc 1 in sub of 8 B, stack 3\n"
                        "1: destroy permanent_pool > sub with sub, stack 6\n"
                        "1: end, 1 pools, 0 B, status 3\n");
    const struct recording_stats *stats = recording_stats(recording);
    cr_assert_eq(stats->coverage.pools, 3);
    cr_assert_eq(stats->coverage.mismatches, 0);
    cr_assert_eq(stats->coverage.used[COVERAGE_BYTES], 32);
    cr_assert_eq(stats->events, 12);
    cr_assert_eq(stats->pool_events, 9);
    cr_assert_eq(stats->allocations, 3);
    cr_assert_eq(stats->traced_bytes, 32);
    cr_assert_eq(stats->distinct_stacks, 6);
    cr_assert_str_eq(stats->api, "test");
    cr_assert_str_eq(stats->program, "/bin/test");
    cr_assert_eq(stats->hook_count, 1);
    cr_assert_eq(stats->without_hooks, 0);
    recording_close(recording);
}

Test(replay, what_is_below_ends_with_its_parent_and_may_still_be_used_by_cleanups)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_name(builder, CHILD, 1, "child");
    builder_create(builder, GRAND, CHILD, 1);
    builder_name(builder, GRAND, 1, "grand");
    observed[0] = '\0';
    builder_destroy(builder, CHILD, 2, 0, UNKNOWN);
    builder_alloc(builder, CHILD, IN_2, 8); /* its cleanup */
    builder_alloc(builder, GRAND, IN_2, 8); /* the same one */
    builder_destroy(builder, GRAND, IN_2_DESTROY, 8, UNKNOWN);
    builder_alloc(builder, GRAND, IN_2_DESTROY_IN, 8); /* a cleanup of its own */
    builder_alloc(builder, GRAND, IN_2, 8); /* CHILD's, when GRAND's destruction is over */
    builder_alloc(builder, GRAND, 4, 8);
    builder_destroy(builder, CHILD, 5, 0, UNKNOWN);
    struct recording *recording = expect(
        builder, "1: start master, 0 pools, 0 B\n"
                 "1: create 10000 in nothing, stack 1\n"
                 "1: create 20000 in -, stack 1\n"
                 "1: name child\n"
                 "1: create 30000 in child, stack 1\n"
                 "1: name grand\n"
                 "1: destroy (no name) > child with child, stack 2\n"
                 "1: destroy (no name) > child > grand with child, stack 2\n"
                 "1: uses gone (no name) > child > grand, made at 1, destroyed at 2, stack 10\n"
                 "1: uses gone (no name) > child > grand, made at 1, destroyed at 2, stack 4\n"
                 "1: destroys again (no name) > child, made at 1, destroyed at 2, stack 5\n"
                 "1: end, 1 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_stats(recording)->coverage.pools, 2);
    cr_assert_eq(recording_stats(recording)->coverage.mismatches, 0);
    cr_assert_eq(recording_stats(recording)->stale, 3);
    recording_close(recording);
}

Test(replay, a_destruction_is_over_when_the_next_one_begins_at_the_same_place)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_create(builder, GRAND, ROOT, 1);
    builder_destroy(builder, CHILD, 2, 0, UNKNOWN);
    builder_destroy(builder, GRAND, 2, 0, UNKNOWN);
    builder_alloc(builder, GRAND, IN_2, 8);
    builder_alloc(builder, CHILD, IN_2, 8); /* by a cleanup of GRAND */
    recording_close(
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: create 20000 in -, stack 1\n"
                        "1: create 30000 in -, stack 1\n"
                        "1: destroy (no name) > (no name) with -, stack 2\n"
                        "1: destroy (no name) > (no name) with -, stack 2\n"
                        "1: uses gone (no name) > (no name), made at 1, destroyed at 2, stack 10\n"
                        "1: end, 1 pools, 0 B, not told 0\n"));
}

Test(replay, what_a_cleanup_takes_while_its_pool_is_cleared_is_cleared_with_the_rest)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_create(builder, GRAND, ROOT, 1);
    observed[0] = '\0';
    builder_alloc(builder, CHILD, 4, 24);
    builder_clear(builder, CHILD, 2, 24, UNKNOWN);
    builder_alloc(builder, CHILD, IN_2, 8); /* its cleanup */
    builder_alloc(builder, GRAND, IN_2, 8); /* the same one */
    builder_alloc(builder, CHILD, 4, 16);
    builder_alloc(builder, CHILD, IN_2, 8); /* another call from there */
    builder_reset(builder, CHILD, 2, 24, UNKNOWN);
    builder_alloc(builder, CHILD, IN_2, 8);
    builder_clear(builder, GRAND, 2, 8, UNKNOWN);
    builder_alloc(builder, CHILD, IN_2, 8); /* a cleanup of GRAND: CHILD's are over */
    builder_destroy(builder, CHILD, 6, 8, UNKNOWN);
    struct recording *recording =
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: create 20000 in -, stack 1\n"
                        "1: create 30000 in -, stack 1\n"
                        "1: alloc 24 in - of 24 B, stack 4\n"
                        "1: clear - of 24 B, stack 2\n"
                        "1: alloc 8 in - of 8 B, stack 10\n"
                        "1: alloc 16 in - of 16 B, stack 4\n"
                        "1: alloc 8 in - of 24 B, stack 10\n"
                        "1: clear - of 24 B, stack 2\n"
                        "1: clear - of 8 B, stack 2\n"
                        "1: alloc 8 in - of 8 B, stack 10\n"
                        "1: destroy (no name) > (no name) with -, stack 6\n"
                        "1: end, 2 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_stats(recording)->coverage.mismatches, 0);
    recording_close(recording);
}

Test(replay, two_pools_change_places)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_name(builder, CHILD, 1, "child");
    builder_create(builder, GRAND, CHILD, 1);
    builder_name(builder, GRAND, 1, "grand");
    builder_move(builder, CHILD, GRAND, 2); /* a ring, for a moment */
    builder_move(builder, GRAND, ROOT, 3);
    builder_destroy(builder, GRAND, 4, 0, UNKNOWN);
    struct recording *recording =
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: create 20000 in -, stack 1\n"
                        "1: name child\n"
                        "1: create 30000 in child, stack 1\n"
                        "1: name grand\n"
                        "1: destroy (no name) > grand with grand, stack 4\n"
                        "1: destroy (no name) > grand > child with grand, stack 4\n"
                        "1: end, 1 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_stats(recording)->unknown_parents, 0);
    recording_close(recording);
}

Test(replay, rings_that_are_not_opened_are_counted)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_create(builder, GRAND, CHILD, 1);
    builder_move(builder, CHILD, GRAND, 2);
    builder_move(builder, ROOT, GRAND, 2);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_eq(recording_stats(recording)->unknown_parents, 2);
    recording_close(recording);
}

Test(replay, a_pool_below_one_that_is_gone_and_at_its_address)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_destroy(builder, ROOT, 2, 0, UNKNOWN);
    builder_create(builder, ROOT, ROOT, 4);
    builder_alloc(builder, ROOT, 5, 8);  /* the new one */
    builder_alloc(builder, CHILD, 5, 8); /* never seen */
    recording_close(expect(builder, "1: start master, 0 pools, 0 B\n"
                                    "1: create 10000 in nothing, stack 1\n"
                                    "1: destroy (no name) with -, stack 2\n"
                                    "1: below gone (no name), made at 1, destroyed at 2, stack 4\n"
                                    "1: create 10000 in nothing, stack 4\n"
                                    "1: alloc 8 in - of 8 B, stack 5\n"
                                    "1: end, 1 pools, 8 B, not told 0\n"));
}

Test(replay, a_child_uses_what_its_parent_destroyed_before_the_fork)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 1);
    builder_destroy(builder, CHILD, 2, 0, UNKNOWN);
    builder_fork_event(builder, 1);
    builder_create(builder, CHILD, ROOT, 3); /* too late for the child to know */
    write_trace(builder);
    builder = builder_fork(2, 20, 1, 1, 20);
    builder_alloc(builder, CHILD, 4, 8);
    recording_close(
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: create 20000 in -, stack 1\n"
                        "1: destroy (no name) > (no name) with -, stack 2\n"
                        "1: fork, phase 0\n"
                        "20: start master, 1 pools, 0 B\n"
                        "20: uses gone (no name) > (no name), made at 1, destroyed at 2, stack 4\n"
                        "20: end, 1 pools, 0 B, not told 0\n"
                        "1: create 20000 in -, stack 3\n"
                        "1: end, 2 pools, 0 B, not told 0\n"));
}

Test(replay, an_address_is_used_again)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 2);
    builder_create(builder, GRAND, CHILD, 2);
    builder_destroy(builder, CHILD, 3, UNKNOWN, UNKNOWN); /* a fallback: GRAND's own is not seen */
    builder_create(builder, GRAND, ROOT, 4);
    builder_create(builder, GRAND, ROOT, 5);  /* while it is alive */
    builder_create(builder, CHILD, OTHER, 6); /* in a parent never seen */
    struct recording *recording =
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 1\n"
                        "1: create 20000 in -, stack 2\n"
                        "1: create 30000 in -, stack 2\n"
                        "1: destroy (no name) > (no name) with -, stack 3\n"
                        "1: destroy (no name) > (no name) > (no name)"
                        " with -, stack 3\n"
                        "1: create 30000 in -, stack 4\n"
                        "1: destroy (no name) > (no name) with -, stack 0\n"
                        "1: create 30000 in -, stack 5\n"
                        "1: create 20000 in nothing, stack 6\n"
                        "1: end, 3 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_stats(recording)->recreated, 1);
    cr_assert_eq(recording_stats(recording)->unknown_parents, 1);
    cr_assert_eq(recording_stats(recording)->coverage.pools, 0);
    recording_close(recording);
}

Test(replay, what_is_there_was_made_though_nobody_saw_it)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_adopt(builder, ROOT, 0, 40);
    builder_name(builder, ROOT, 0, "top");
    builder_root(builder, 0, ROOT);
    builder_create(builder, CHILD, ROOT, 2);
    builder_alloc(builder, ROOT, 3, 8);
    builder_adopt(builder, ROOT, 0, 48); /* it is known already, */
    builder_adopt(builder, CHILD, ROOT, 999);
    builder_adopt(builder, GRAND, CHILD, UNKNOWN); /* is not, and what it holds neither */
    builder_destroy(builder, CHILD, 4, 0, UNKNOWN);
    builder_adopt(builder, CHILD, 0, UNKNOWN); /* something still points to it */
    builder_adopt(builder, CHILD, 0, 16);      /* there is another */
    builder_survey(builder, ROOT, 48, 512);
    struct recording *recording =
        expect(builder, "1: start master, 0 pools, 0 B\n"
                        "1: create 10000 in nothing, stack 0\n"
                        "1: name top\n"
                        "1: create 20000 in permanent_pool, stack 2\n"
                        "1: alloc 8 in permanent_pool of 48 B, stack 3\n"
                        "1: create 30000 in -, stack 0\n"
                        "1: destroy permanent_pool > (no name) with -, stack 4\n"
                        "1: destroy permanent_pool > (no name) > (no name) with -, stack 4\n"
                        "1: create 20000 in nothing, stack 0\n"
                        "1: end, 2 pools, 64 B, not told 0\n");
    const struct recording_stats *stats = recording_stats(recording);
    cr_assert_eq(stats->adopted, 3);
    cr_assert_eq(stats->creates, 1);
    cr_assert_eq(stats->stale, 0);
    cr_assert_eq(stats->pool_events, 3);
    cr_assert_eq(stats->traced_bytes, 8);
    cr_assert_eq(stats->coverage.mismatches, 0);
    recording_close(recording);
}

Test(replay, units_and_phases)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_fork_event(builder, 1); /* as a daemon does at its start */
    builder_mark(builder, RESTART); /* it reads its configuration for the first time */
    builder_mark(builder, STARTUP);
    builder_mark(builder, RESTART);
    builder_mark(builder, COMMAND);
    builder_mark(builder, COMMAND);
    builder_mark(builder, 77);
    builder_fork_event(builder, 2);
    builder_mark(builder, SHUTDOWN);
    builder_mark(builder, RESTART);
    struct recording *recording = expect(builder, "1: start master, 0 pools, 0 B\n"
                                                  "1: fork, phase 0\n"
                                                  "1: mark startup in connection 1, phase 0\n"
                                                  "1: mark restart in connection 1, phase 1\n"
                                                  "1: mark command in restart 1, phase 1\n"
                                                  "1: mark command in command 1, phase 1\n"
                                                  "1: fork, phase 1\n"
                                                  "1: mark shutdown in connection 2, phase 1\n"
                                                  "1: mark restart in connection 2, phase 2\n"
                                                  "1: end, 0 pools, 0 B, not told 0\n");
    const struct process *process = recording_process(recording, 0);
    cr_assert_eq(process->units[API_MARK_COMMAND], 2);
    cr_assert_eq(recording_stats(recording)->restarts, 2);
    cr_assert_eq(recording_stats(recording)->connections, 2);
    recording_close(recording);
}

Test(replay, a_child_starts_as_its_parent_was_at_the_fork)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_root(builder, 0, ROOT);
    builder_alloc(builder, ROOT, 2, 8);
    builder_fork_event(builder, 1);
    builder_create(builder, CHILD, ROOT, 3);
    builder_fork_event(builder, 2);
    builder_end(builder, 0);
    write_trace(builder);

    builder = builder_fork(2, 20, 1, 1, 10);
    builder_mark(builder, CONNECTION);
    builder_alloc(builder, ROOT, 2, 16);
    builder_mark(builder, COMMAND);
    builder_survey(builder, ROOT, 24, 512);
    builder_end(builder, 1);
    write_trace(builder);

    builder = builder_fork(3, 30, 1, 2, 11);
    builder_destroy(builder, CHILD, 4, 0, 512);
    builder_survey(builder, ROOT, 9, 512);
    write_trace(builder);

    struct recording *recording = replay_all();
    cr_assert_str_eq(observed, "1: start master, 0 pools, 0 B\n"
                               "1: create 10000 in nothing, stack 1\n"
                               "1: name top\n"
                               "1: alloc 8 in permanent_pool of 8 B, stack 2\n"
                               "1: fork, phase 0\n"
                               "20: start session, 1 pools, 8 B\n"
                               "20: mark connection in none 0, phase 0\n"
                               "20: alloc 16 in permanent_pool of 24 B, stack 2\n"
                               "20: mark command in none 0, phase 0\n"
                               "20: end, 1 pools, 24 B, status 1\n"
                               "1: create 20000 in permanent_pool, stack 3\n"
                               "1: fork, phase 0\n"
                               "30: start master, 2 pools, 8 B\n"
                               "30: destroy permanent_pool > (no name) with -, stack 4\n"
                               "30: end, 1 pools, 8 B, not told 0\n"
                               "1: end, 2 pools, 8 B, status 0\n");
    const struct recording_stats *stats = recording_stats(recording);
    cr_assert_eq(stats->sessions, 1);
    cr_assert_eq(stats->masters, 2);
    cr_assert_eq(stats->without_hooks, 0, "what is hooked stays so in a child");
    cr_assert_eq(stats->coverage.mismatches, 1);
    cr_assert_eq(stats->coverage.samples[0].traced, 8);
    cr_assert_eq(stats->coverage.samples[0].used, 9);
    cr_assert_eq(stats->coverage.samples[0].pid, 30);
    cr_assert_str_eq(stats->coverage.samples[0].path, "permanent_pool");
    cr_assert_eq(recording_process(recording, 1)->parent, recording_process(recording, 0));
    cr_assert_str_eq(recording_process(recording, 1)->program, "/bin/test");
    recording_close(recording);
}

Test(replay, a_child_whose_fork_was_not_recorded_starts_with_nothing)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    write_trace(builder);
    builder = builder_fork(2, 20, 1, 1, 10);
    builder_alloc(builder, ROOT, 1, 8);
    write_trace(builder);
    builder = builder_fork(3, 30, 99, 1, 10); /* of a parent that is not here */
    builder_create(builder, ROOT, 0, 1);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(observed, "1: start master, 0 pools, 0 B\n"
                               "1: create 10000 in nothing, stack 1\n"
                               "1: end, 1 pools, 0 B, not told 0\n"
                               "20: start master, 0 pools, 0 B\n"
                               "20: end, 0 pools, 0 B, not told 0\n"
                               "30: start master, 0 pools, 0 B\n"
                               "30: create 10000 in nothing, stack 0\n"
                               "30: end, 1 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_stats(recording)->unforked, 2);
    cr_assert_eq(recording_stats(recording)->unknown_stacks, 1);
    recording_close(recording);
}

Test(replay, the_last_number_that_a_fork_can_have)
{
    static const unsigned char fork[] = {
        TRACE_EVENT_FORK, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_bytes(builder, fork, sizeof(fork));
    write_trace(builder);
    write_trace(builder_fork(2, 20, 1, 1, 10));
    struct recording *recording = replay_all();
    cr_assert_str_eq(observed, "1: start master, 0 pools, 0 B\n"
                               "1: create 10000 in nothing, stack 1\n"
                               "1: fork, phase 0\n"
                               "1: end, 1 pools, 0 B, not told 0\n"
                               "20: start master, 0 pools, 0 B\n"
                               "20: end, 0 pools, 0 B, not told 0\n");
    cr_assert_eq(recording_stats(recording)->untraced, 1);
    recording_close(recording);
}

static char uses[8]; /* of each naming, whether the pool was used with it */

static void note_use(void *data, const struct process *process, const struct pool *pool)
{
    const size_t named = strlen(uses);
    (void)data;
    cr_assert_lt(named, sizeof(uses) - 1);
    uses[named] = pool->last_tick == process->tick ? '1' : '0';
}

Test(replay, a_name_that_is_told_again_is_no_use)
{
    static const struct replay_observer names = {.on_name = note_use};
    struct trace_builder *builder = new_trace(1, 1);
    struct error error = {""};
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_name(builder, ROOT, 1, "top");
    builder_name(builder, ROOT, 1, "other");
    write_trace(builder);
    struct recording *recording = recording_open(observed_dir, &error);
    cr_assert(recording && recording_replay(recording, &names, 1, &error), "%s", error.text);
    cr_assert_str_eq(uses, "101");
    recording_close(recording);
}

Test(replay, a_second_replay_tells_the_same)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_alloc(builder, ROOT, 2, 8);
    write_trace(builder);
    struct recording *recording = replay_all();
    char *first = xstrdup(observed);
    struct recording_stats stats = *recording_stats(recording);
    observed[0] = '\0';
    struct error error;
    cr_assert(recording_replay(recording, &observing, 1, &error));
    cr_assert_str_eq(observed, first);
    cr_assert_eq(recording_stats(recording)->events, stats.events);
    cr_assert_eq(recording_stats(recording)->hook_count, 1);
    free(first);
    recording_close(recording);
}
