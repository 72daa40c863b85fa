/*
 * replay_young_test.c - pools that are told of late, or in sums: what observers hear of them.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/symbols/stacks.h"
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>

TestSuite(replay_young, .init = observed_set_up, .fini = observed_tear_down);

enum { NAME = 1 };

static struct trace_builder *begin(void)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_tag(builder, NAME, "late");
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_mark(builder, COMMAND);
    return builder;
}

#define BEGUN                                                                                      \
    "1: start master, 0 pools, 0 B\n"                                                              \
    "1: create 10000 in nothing, stack 1\n"                                                        \
    "1: name top\n"                                                                                \
    "1: mark command in none 0, phase 0\n"

/* Replays BUILDER's trace and compares what was told. The caller closes the result. */
static struct recording *expect(struct trace_builder *builder, const char *expected)
{
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(observed, expected);
    return recording;
}

Test(replay_young, a_survivor_has_what_it_took)
{
    struct trace_builder *builder = begin();
    builder_survivor(builder, CHILD, ROOT, 2, 3, 5);
    builder_name_id(builder, CHILD, 0, NAME);
    builder_took(builder, CHILD, 300, 4800);
    builder_place(builder, CHILD, 3, 5, 80);
    builder_place(builder, CHILD, 4, 301, 80); /* more than it took */
    builder_place(builder, CHILD, 4, 1, 4808); /* the same */
    builder_like(builder, CHILD, 7);
    builder_destroy(builder, CHILD, 5, 4800, UNKNOWN);
    builder_place(builder, CHILD, 3, 1, 8); /* it is gone */
    builder_like(builder, CHILD, 8);
    builder_took(builder, OTHER, 1, 8); /* nobody was told of it */
    builder_end(builder, 0);
    struct recording *recording =
        expect(builder, BEGUN "1: create 20000 in top, stack 2\n"
                              "1: name late\n"
                              "1: place 3 took 5 times, 80 B in late of 4800 B\n"
                              "1: late is like 7\n"
                              "1: destroy top > late with late, stack 5\n"
                              "1: end, 1 pools, 0 B, status 0\n");
    const struct recording_stats *stats = recording_stats(recording);
    cr_expect_eq(stats->allocations, 300);
    cr_expect_eq(stats->creates, 2);
    cr_expect_eq(stats->unknown_pools, 0);
    recording_close(recording);
}

/* It is told of twice where who told first did not get to keep that in mind. */
Test(replay_young, a_survivor_is_one_however_often_it_is_told)
{
    struct trace_builder *builder = begin();
    builder_survivor(builder, CHILD, ROOT, 2, 1, 0);
    builder_survivor(builder, CHILD, ROOT, 2, 1, 0);
    builder_end(builder, 0);
    struct recording *recording = expect(builder, BEGUN "1: create 20000 in top, stack 2\n"
                                                        "1: end, 2 pools, 0 B, status 0\n");
    recording_close(recording);
}

Test(replay_young, one_that_had_ended_is_told_by_who_uses_it)
{
    struct trace_builder *builder = begin();
    builder_gone(builder, CHILD, ROOT, 3, 2, NAME, TRACE_GONE_OVER);
    builder_alloc(builder, CHILD, 4, 8);
    builder_gone(builder, CHILD, ROOT, 3, 2, NAME, TRACE_GONE_OVER);
    builder_destroy(builder, CHILD, 5, UNKNOWN, UNKNOWN);
    builder_end(builder, 0);
    struct recording *recording =
        expect(builder, BEGUN "1: uses gone top > late, made at 2, destroyed at 3, stack 4\n"
                              "1: destroys again top > late, made at 2, destroyed at 3, stack 5\n"
                              "1: end, 1 pools, 0 B, status 0\n");
    cr_expect_eq(recording_stats(recording)->stale, 2);
    recording_close(recording);
}

/* What ended with one above it is dying until its own end is seen, as in full. */
Test(replay_young, one_that_ended_within_another_ends_itself_later)
{
    struct trace_builder *builder = begin();
    builder_survivor(builder, CHILD, ROOT, 2, 1, 0);
    builder_gone(builder, GRAND, CHILD, 4, 3, NAME, TRACE_GONE_WITHIN);
    builder_took(builder, GRAND, 2, 16);
    builder_destroy(builder, GRAND, 5, 16, UNKNOWN);
    builder_end(builder, 0);
    struct recording *recording = expect(builder, BEGUN "1: create 20000 in top, stack 2\n"
                                                        "1: end, 2 pools, 0 B, status 0\n");
    cr_expect_eq(recording_stats(recording)->stale, 0);
    recording_close(recording);
}

Test(replay_young, sums_count_as_if_each_had_been_told)
{
    struct trace_builder *builder = begin();
    builder_young(builder, 3, 2, TRACE_YOUNG_WITH | TRACE_YOUNG_ABOVE,
                  (const uint64_t[]){4, 10, 400, 200});
    builder_young(builder, 3, 99, 0, (const uint64_t[]){1, 1, 8, 8}); /* of no known stack */
    builder_mark(builder, COMMAND);
    builder_again(builder, 7, 12, 1);
    builder_again(builder, 8, 1, 100); /* before there was a unit */
    builder_end(builder, 0);
    struct recording *recording =
        expect(builder, BEGUN "1: young 4 of stack 2, ended 3 with another that had pools, 10 took "
                              "400 B, largest 200 B\n"
                              "1: mark command in command 1, phase 1\n"
                              "1: 12 like 7, the last in 1\n"
                              "1: 1 like 8, the last in 0\n"
                              "1: end, 1 pools, 0 B, status 0\n");
    const struct recording_stats *stats = recording_stats(recording);
    cr_expect_eq(stats->creates, 6);
    cr_expect_eq(stats->destroys, 5);
    cr_expect_eq(stats->young_allocations, 11);
    cr_expect_eq(stats->unknown_stacks, 1);
    recording_close(recording);
}
