/*
 * replay_objects_test.c - allocations that are given back by themselves, pools that are put below
 * others, pools that are emptied and keep their subpools.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>

TestSuite(replay_objects, .init = observed_set_up, .fini = observed_tear_down);

#define FIRST  UINT64_C(0x90000)
#define SECOND UINT64_C(0x90100)

static struct trace_builder *begin(void)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_create(builder, CHILD, ROOT, 1);
    builder_name(builder, CHILD, 1, "child");
    builder_create(builder, GRAND, CHILD, 1);
    builder_name(builder, GRAND, 1, "grand");
    return builder;
}

#define BEGUN                                                                                      \
    "1: start master, 0 pools, 0 B\n"                                                              \
    "1: create 10000 in nothing, stack 1\n"                                                        \
    "1: name top\n"                                                                                \
    "1: create 20000 in top, stack 1\n"                                                            \
    "1: name child\n"                                                                              \
    "1: create 30000 in child, stack 1\n"                                                          \
    "1: name grand\n"

/* Replays BUILDER's trace and compares what was told. The caller closes the result. */
static struct recording *expect(struct trace_builder *builder, const char *expected)
{
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_str_eq(observed, expected);
    return recording;
}

Test(replay_objects, resized_in_the_pool_that_it_is_of)
{
    struct trace_builder *builder = begin();
    builder_object(builder, CHILD, 2, 8, FIRST);
    builder_release(builder, ROOT, 3, FIRST);
    builder_object(builder, ROOT, 3, 16, SECOND);
    builder_object(builder, ROOT, 4, 24, FIRST);
    builder_release(builder, ROOT, 5, GRAND); /* nobody took it */
    builder_object(builder, GRAND, 5, 32, GRAND);
    builder_end(builder, 0);
    struct recording *recording =
        expect(builder, BEGUN "1: alloc 8 in child of 8 B, stack 2\n"
                              "1: free 8 of stack 2 in child of 8 B, stack 3\n"
                              "1: alloc 16 in child of 16 B, stack 3\n"
                              "1: alloc 24 in top of 24 B, stack 4\n"
                              "1: alloc 32 in grand of 32 B, stack 5\n"
                              "1: end, 3 pools, 72 B, status 0\n");
    recording_close(recording);
}

Test(replay_objects, taken_and_given_back)
{
    struct trace_builder *builder = begin();
    builder_object(builder, CHILD, 2, 13, FIRST);
    builder_object(builder, CHILD, 3, 8, SECOND);
    builder_give_back(builder, CHILD, 4, FIRST);
    builder_give_back(builder, CHILD, 4, FIRST); /* it is gone */
    builder_object(builder, GRAND, 5, 1, FIRST);
    builder_end(builder, 0);
    struct recording *recording =
        expect(builder, BEGUN "1: alloc 13 in child of 16 B, stack 2\n"
                              "1: alloc 8 in child of 24 B, stack 3\n"
                              "1: free 16 of stack 2 in child of 24 B, stack 4\n"
                              "1: alloc 1 in grand of 8 B, stack 5\n"
                              "1: end, 3 pools, 16 B, status 0\n");
    const struct recording_stats *stats = recording_stats(recording);
    cr_expect_eq(stats->allocations, 3);
    cr_expect_eq(stats->frees, 1);
    cr_expect_eq(stats->unknown_objects, 1);
    cr_expect_eq(stats->pool_events, 11);
    recording_close(recording);
}

Test(replay_objects, what_lies_in_an_object_is_given_back_with_it)
{
    const uint64_t whole = FIRST + 8;
    struct trace_builder *builder = begin();
    builder_object(builder, CHILD, 2, 200, whole);
    builder_give_back(builder, CHILD, 4, FIRST + 128); /* aligned to that, in the object */
    builder_give_back(builder, CHILD, 4, FIRST + 136); /* nothing that is aligned so begins there */
    builder_give_back(builder, CHILD, 4, FIRST + 256); /* behind it */
    builder_give_back(builder, CHILD, 4, whole);
    builder_give_back(builder, CHILD, 4, FIRST + 128); /* it is gone */
    builder_end(builder, 0);
    struct recording *recording =
        expect(builder, BEGUN "1: alloc 200 in child of 200 B, stack 2\n"
                              "1: free 200 of stack 2 in child of 200 B, stack 4\n"
                              "1: end, 3 pools, 0 B, status 0\n");
    cr_expect_eq(recording_stats(recording)->unknown_objects, 3);
    recording_close(recording);
}

Test(replay_objects, an_address_that_is_taken_again_was_given_back)
{
    struct trace_builder *builder = begin();
    builder_object(builder, CHILD, 2, 8, FIRST);
    builder_object(builder, GRAND, 3, 16, FIRST);
    builder_give_back(builder, CHILD, 4, FIRST); /* whose it is tells the address */
    recording_close(expect(builder, BEGUN "1: alloc 8 in child of 8 B, stack 2\n"
                                          "1: free 8 of stack 2 in child of 8 B, stack 3\n"
                                          "1: alloc 16 in grand of 16 B, stack 3\n"
                                          "1: free 16 of stack 3 in grand of 16 B, stack 4\n"
                                          "1: end, 3 pools, 0 B, not told 0\n"));
}

Test(replay_objects, what_a_pool_held_goes_with_it)
{
    struct trace_builder *builder = begin();
    builder_object(builder, CHILD, 2, 8, FIRST);
    builder_object(builder, GRAND, 2, 8, SECOND);
    builder_clear(builder, CHILD, 3, UNKNOWN, UNKNOWN);
    builder_give_back(builder, CHILD, 4, FIRST);
    builder_give_back(builder, CHILD, 4, SECOND);
    struct recording *recording =
        expect(builder, BEGUN "1: alloc 8 in child of 8 B, stack 2\n"
                              "1: alloc 8 in grand of 8 B, stack 2\n"
                              "1: clear child of 8 B, stack 3\n"
                              "1: destroy top > child > grand with child, stack 3\n"
                              "1: end, 2 pools, 0 B, not told 0\n");
    cr_expect_eq(recording_stats(recording)->unknown_objects, 2);
    recording_close(recording);
}

Test(replay_objects, a_reset_keeps_the_subpools)
{
    struct trace_builder *builder = begin();
    builder_object(builder, CHILD, 2, 8, FIRST);
    builder_alloc(builder, CHILD, 2, 24);
    builder_object(builder, GRAND, 2, 8, SECOND);
    builder_reset(builder, CHILD, 3, UNKNOWN, UNKNOWN);
    builder_give_back(builder, GRAND, 4, SECOND);
    builder_give_back(builder, CHILD, 4, FIRST);
    struct recording *recording =
        expect(builder, BEGUN "1: alloc 8 in child of 8 B, stack 2\n"
                              "1: alloc 24 in child of 32 B, stack 2\n"
                              "1: alloc 8 in grand of 8 B, stack 2\n"
                              "1: clear child of 32 B, stack 3\n"
                              "1: free 8 of stack 2 in grand of 8 B, stack 4\n"
                              "1: end, 3 pools, 0 B, not told 0\n");
    cr_expect_eq(recording_stats(recording)->unknown_objects, 1);
    recording_close(recording);
}

Test(replay_objects, a_child_gives_back_what_its_parent_took)
{
    struct trace_builder *builder = begin();
    builder_object(builder, CHILD, 2, 8, FIRST);
    builder_fork_event(builder, 1);
    builder_give_back(builder, CHILD, 3, FIRST);
    write_trace(builder);
    builder = builder_fork(2, 2, 1, 1, 50);
    builder_give_back(builder, CHILD, 4, FIRST);
    struct recording *recording =
        expect(builder, BEGUN "1: alloc 8 in child of 8 B, stack 2\n"
                              "1: fork, phase 0\n"
                              "2: start master, 3 pools, 8 B\n"
                              "2: free 8 inherited of stack 2 in child of 8 B, stack 4\n"
                              "2: end, 3 pools, 0 B, not told 0\n"
                              "1: free 8 of stack 2 in child of 8 B, stack 3\n"
                              "1: end, 3 pools, 0 B, not told 0\n");
    recording_close(recording);
}

Test(replay_objects, a_destroyed_pool_is_given_something_back)
{
    struct trace_builder *builder = begin();
    builder_object(builder, GRAND, 2, 8, FIRST);
    builder_destroy(builder, GRAND, 3, UNKNOWN, UNKNOWN);
    builder_give_back(builder, GRAND, 4, FIRST);
    recording_close(expect(builder, BEGUN
                           "1: alloc 8 in grand of 8 B, stack 2\n"
                           "1: destroy top > child > grand with grand, stack 3\n"
                           "1: uses gone top > child > grand, made at 1, destroyed at 3, stack 4\n"
                           "1: end, 2 pools, 0 B, not told 0\n"));
}

Test(replay_objects, a_pool_is_put_below_another)
{
    struct trace_builder *builder = begin();
    builder_create(builder, OTHER, 0, 1);
    builder_name(builder, OTHER, 1, "other");
    builder_move(builder, CHILD, OTHER, 2);
    builder_destroy(builder, GRAND, 3, UNKNOWN, UNKNOWN);
    builder_move(builder, CHILD, 0, 2);
    builder_destroy(builder, OTHER, 4, UNKNOWN, UNKNOWN); /* not with CHILD */
    builder_destroy(builder, CHILD, 5, UNKNOWN, UNKNOWN);
    recording_close(expect(builder, BEGUN "1: create 40000 in nothing, stack 1\n"
                                          "1: name other\n"
                                          "1: destroy other > child > grand with grand, stack 3\n"
                                          "1: destroy other with other, stack 4\n"
                                          "1: destroy child with child, stack 5\n"
                                          "1: end, 1 pools, 0 B, not told 0\n"));
}

Test(replay_objects, no_pool_is_put_below_itself_or_nobody_knows_what)
{
    struct trace_builder *builder = begin();
    builder_move(builder, ROOT, GRAND, 2);
    builder_move(builder, ROOT, ROOT, 2);
    builder_move(builder, GRAND, OTHER, 2);
    builder_destroy(builder, GRAND, 3, UNKNOWN, UNKNOWN);
    builder_move(builder, CHILD, GRAND, 2);
    struct recording *recording =
        expect(builder, BEGUN "1: destroy top > child > grand with grand, stack 3\n"
                              "1: end, 2 pools, 0 B, not told 0\n");
    cr_expect_eq(recording_stats(recording)->unknown_parents, 4);
    recording_close(recording);
}

Test(replay_objects, a_pool_lets_go_of_those_made_in_it)
{
    struct trace_builder *builder = begin();
    builder_create(builder, OTHER, ROOT, 1);
    builder_name(builder, OTHER, 1, "other");
    builder_orphan(builder, ROOT, 2);
    builder_destroy(builder, ROOT, 3, UNKNOWN, UNKNOWN);
    builder_orphan(builder, OTHER, 2); /* of none */
    builder_destroy(builder, CHILD, 4, UNKNOWN, UNKNOWN);
    recording_close(expect(builder, BEGUN "1: create 40000 in top, stack 1\n"
                                          "1: name other\n"
                                          "1: destroy top with top, stack 3\n"
                                          "1: destroy child with child, stack 4\n"
                                          "1: destroy child > grand with child, stack 4\n"
                                          "1: end, 1 pools, 0 B, not told 0\n"));
}

/* Destroying takes a pool out of the tree first, as some do with that function. */
Test(replay_objects, a_pool_that_ends_is_put_nowhere)
{
    struct trace_builder *builder = begin();
    builder_destroy(builder, CHILD, 2, UNKNOWN, UNKNOWN);
    builder_move(builder, CHILD, 0, IN_2);
    builder_move(builder, GRAND, 0, IN_2);
    struct recording *recording =
        expect(builder, BEGUN "1: destroy top > child with child, stack 2\n"
                              "1: destroy top > child > grand with child, stack 2\n"
                              "1: end, 1 pools, 0 B, not told 0\n");
    cr_expect_eq(recording_stats(recording)->stale, 0);
    recording_close(recording);
}

/* Its subpools are below it as before; who uses the old address uses a pool that is gone. */
Test(replay_objects, a_pool_is_somewhere_else)
{
    struct trace_builder *builder = begin();
    builder_object(builder, CHILD, 2, 13, CHILD);
    builder_give_back(builder, CHILD, 3, CHILD);
    builder_relocate(builder, CHILD, 3, OTHER);
    builder_object(builder, OTHER, 3, 20, OTHER);
    builder_alloc(builder, CHILD, 4, 8);
    builder_relocate(builder, OTHER, 3, CHILD); /* and back */
    builder_relocate(builder, CHILD, 3, CHILD);
    builder_relocate(builder, CHILD, 3, 0);
    builder_destroy(builder, GRAND, 5, UNKNOWN, UNKNOWN);
    builder_destroy(builder, CHILD, 6, UNKNOWN, UNKNOWN);
    struct recording *recording =
        expect(builder, BEGUN "1: alloc 13 in child of 16 B, stack 2\n"
                              "1: free 16 of stack 2 in child of 16 B, stack 3\n"
                              "1: alloc 20 in child of 24 B, stack 3\n"
                              "1: uses gone child, made at 1, destroyed at 3, stack 4\n"
                              "1: destroy top > child > grand with grand, stack 5\n"
                              "1: destroy top > child with child, stack 6\n"
                              "1: end, 1 pools, 0 B, not told 0\n");
    cr_expect_eq(recording_stats(recording)->stale, 1);
    recording_close(recording);
}

Test(replay_objects, where_a_pool_moves_to_there_is_no_other)
{
    struct trace_builder *builder = begin();
    builder_relocate(builder, GRAND, 2, CHILD); /* with its parent, it is gone */
    builder_relocate(builder, OTHER, 2, CHILD); /* was never seen */
    builder_create(builder, OTHER, ROOT, 3);
    builder_name(builder, OTHER, 3, "other");
    builder_relocate(builder, OTHER, 4, GRAND);
    builder_destroy(builder, GRAND, 5, UNKNOWN, UNKNOWN);
    struct recording *recording =
        expect(builder, BEGUN "1: destroy top > child with child, stack 0\n"
                              "1: destroy top > child > grand with child, stack 0\n"
                              "1: create 40000 in top, stack 3\n"
                              "1: name other\n"
                              "1: destroy top > other with other, stack 5\n"
                              "1: end, 1 pools, 0 B, not told 0\n");
    cr_expect_eq(recording_stats(recording)->recreated, 1);
    recording_close(recording);
}

/* What destroys CHILD comes to destroy it once more, leaves that to the call under way, and says
 * that it is done; so does that one. */
static struct recording *end_in_circles(const char *api)
{
    struct trace_builder *builder = new_trace_of(1, 1, api);
    builder_create(builder, CHILD, 0, 1);
    builder_destroy(builder, CHILD, IN_2, UNKNOWN, UNKNOWN);
    builder_destroy(builder, CHILD, 2, UNKNOWN, UNKNOWN);
    builder_destroy(builder, CHILD, 3, UNKNOWN, UNKNOWN);
    write_trace(builder);
    return replay_all();
}

Test(replay_objects, a_pool_that_ends_in_circles_ends_once)
{
    struct recording *recording =
        end_in_circles("[api]\nname = late\n[functions]\nend = destroy pool=a0 ok=ret==0\n");
    cr_expect_eq(recording_stats(recording)->stale, 1, "by another call");
    recording_close(recording);
}

Test(replay_objects, where_ends_are_told_before_it_ends_twice)
{
    struct recording *recording =
        end_in_circles("[api]\nname = soon\n[functions]\nend = destroy pool=a0\n");
    cr_expect_eq(recording_stats(recording)->stale, 2);
    recording_close(recording);
}

Test(replay_objects, what_was_taken_before_a_process_was_attached_to)
{
    struct trace_builder *builder = begin();
    builder_header(builder)->attached_tick = 1000;
    builder_give_back(builder, CHILD, 2, FIRST);
    builder_end(builder, 0);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_expect_eq(recording_stats(recording)->unknown_objects, 0);
    recording_close(recording);
}

/* As of PostgreSQL 16 on, where who gives back tells no pool but the current one. */
Test(replay_objects, what_was_taken_before_from_a_pool_that_is_not_told)
{
    struct trace_builder *builder = begin();
    builder_header(builder)->attached_tick = 1000;
    builder_adopt(builder, FIRST, 0, 64);
    builder_adopt(builder, SECOND, 0, 64);
    builder_destroy(builder, SECOND, 2, 32, UNKNOWN); /* nothing was given back yet */
    builder_give_back(builder, CHILD, 2, GRAND);
    builder_destroy(builder, FIRST, 2, 32, UNKNOWN);
    builder_end(builder, 0);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_expect_eq(recording_stats(recording)->coverage.pools, 1);
    cr_expect_eq(recording_stats(recording)->coverage.mismatches, 1);
    recording_close(recording);
}
