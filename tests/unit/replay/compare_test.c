/*
 * compare_test.c - what a pool's memory held against what was traced of it: bytes with what lies
 * between allocations, allocations beside the blocks, allocations and pools that are there.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>

TestSuite(compare, .init = observed_set_up, .fini = observed_tear_down);

#define BLOCK UINT64_C(0x90000)
#define LARGE UINT64_C(0xa0000)

/* Some allocations begin where the one before ends. */
static const char unaligned[] = "[api]\nname = test\ndetect = take\nalign = 1\n"
                                "[functions]\ntake = alloc pool=a0 size=a1 object=ret\n";

static struct trace_builder *begin(void)
{
    struct trace_builder *builder = new_trace_of(1, 1, unaligned);
    builder_create(builder, ROOT, 0, 1);
    return builder;
}

/* Replays BUILDER's trace. The caller closes the result. */
static const struct coverage *replay(struct trace_builder *builder, struct recording **recording)
{
    builder_end(builder, 0);
    write_trace(builder);
    *recording = replay_all();
    return &recording_stats(*recording)->coverage;
}

/* How many differ. */
static uint64_t mismatches(struct trace_builder *builder)
{
    struct recording *recording;
    uint64_t result = replay(builder, &recording)->mismatches;
    recording_close(recording);
    return result;
}

/* 5 bytes, 8 that are aligned, 3, and 4 that are not; the pool ends with USED in its block. */
static uint64_t four_of(uint64_t used)
{
    struct trace_builder *builder = begin();
    builder_object(builder, ROOT, 1, 5, BLOCK);
    builder_object(builder, ROOT, 1, 8, BLOCK + 8);
    builder_object(builder, ROOT, 1, 3, BLOCK + 16);
    builder_object(builder, ROOT, 1, 4, BLOCK + 19);
    builder_destroy(builder, ROOT, 2, used, 100);
    return mismatches(builder);
}

Test(compare, bytes_between_allocations_are_in_use)
{
    cr_assert_eq(four_of(23), 0);
    cr_assert_eq(four_of(24), 0, "something of the library's own, which is aligned, may follow");
    cr_assert_eq(four_of(22), 1);
    cr_assert_eq(four_of(25), 1);
    cr_assert_eq(four_of(31), 1);
}

/* 5 bytes, then LOST bytes that were not traced, then 8: the pool ends with them in its block. */
static uint64_t without(uint64_t lost)
{
    struct trace_builder *builder = begin();
    builder_object(builder, ROOT, 1, 5, BLOCK);
    builder_object(builder, ROOT, 1, 8, BLOCK + 8 + lost);
    builder_destroy(builder, ROOT, 2, 8 + lost + 8, 100);
    return mismatches(builder);
}

Test(compare, an_allocation_that_was_not_traced_is_missing)
{
    cr_assert_eq(without(0), 0);
    cr_assert_eq(without(8), 1);
    cr_assert_eq(without(4096), 1);
}

Test(compare, after_a_clear_it_begins_anew)
{
    struct trace_builder *builder = begin();
    builder_object(builder, ROOT, 1, 5, BLOCK);
    builder_object(builder, ROOT, 1, 8, BLOCK + 1000);
    builder_clear(builder, ROOT, 2, 16, 100);
    builder_object(builder, ROOT, 1, 8, BLOCK);
    builder_destroy(builder, ROOT, 2, 9, 100);
    cr_assert_eq(mismatches(builder), 1);
}

/* Two large allocations, of which the first was given back as far as was traced; the pool ends with
 * those that are told. */
static struct trace_builder *begin_large(void)
{
    struct trace_builder *builder = begin();
    builder_object(builder, ROOT, 1, 8, BLOCK);
    builder_object(builder, ROOT, 1, 50000, LARGE);
    builder_object(builder, ROOT, 1, 60000, LARGE + 100000);
    builder_give_back(builder, ROOT, 1, LARGE);
    return builder;
}

Test(compare, large_allocations_lie_beside_the_blocks)
{
    struct recording *recording;
    struct trace_builder *builder = begin_large();
    builder_large(builder, ROOT, LARGE + 100000);
    builder_destroy(builder, ROOT, 2, 8, 100);
    const struct coverage *coverage = replay(builder, &recording);
    cr_assert_eq(coverage->mismatches, 0);
    cr_assert_eq(coverage->traced[COVERAGE_ALLOCATIONS], 1);
    cr_assert_eq(coverage->used[COVERAGE_ALLOCATIONS], 1);
    cr_assert_eq(coverage->traced[COVERAGE_BYTES], 8);
    recording_close(recording);
}

Test(compare, a_large_allocation_that_was_not_traced_is_missing)
{
    struct trace_builder *builder = begin_large();
    builder_large(builder, ROOT, LARGE + 100000);
    builder_large(builder, ROOT, LARGE);
    builder_destroy(builder, ROOT, 2, 8, 100);
    cr_assert_eq(mismatches(builder), 1);
}

Test(compare, nor_is_one_there_that_was_given_back_unseen)
{
    struct trace_builder *builder = begin_large();
    builder_destroy(builder, ROOT, 2, 8, 100);
    cr_assert_eq(mismatches(builder), 1);
}

/* Two allocations in ROOT, of which one is given back; COUNT are found. */
static uint64_t found(uint64_t count)
{
    struct trace_builder *builder = begin();
    builder_object(builder, ROOT, 1, 5, BLOCK);
    builder_object(builder, ROOT, 1, 8, BLOCK + 16);
    builder_give_back(builder, ROOT, 1, BLOCK);
    builder_found(builder, ROOT, TRACE_FOUND_ALLOCATIONS, count);
    builder_destroy(builder, ROOT, 2, UNKNOWN, 100);
    return mismatches(builder);
}

Test(compare, allocations_that_are_there)
{
    cr_assert_eq(found(0), 1);
    cr_assert_eq(found(1), 0);
    cr_assert_eq(found(2), 1);
}

Test(compare, those_of_a_pool_that_ends_with_another)
{
    struct trace_builder *builder = begin();
    builder_create(builder, CHILD, ROOT, 1);
    builder_object(builder, CHILD, 1, 5, BLOCK);
    builder_object(builder, CHILD, 1, 5, BLOCK + 8);
    builder_destroy(builder, ROOT, 2, UNKNOWN, 100);
    builder_give_back(builder, CHILD, IN_2, BLOCK);
    builder_found(builder, CHILD, TRACE_FOUND_ALLOCATIONS, 1);
    builder_destroy(builder, CHILD, IN_2, UNKNOWN, 100);
    builder_found(builder, CHILD, TRACE_FOUND_ALLOCATIONS, 9); /* it is gone */
    cr_assert_eq(mismatches(builder), 0);
}

/* Of COUNT allocations of SIZE, nothing is there when the pool ends. */
static const struct coverage *emptied(unsigned count, uint64_t size, struct recording **recording)
{
    struct trace_builder *builder = begin();
    for (unsigned i = 0; i < count; i++)
        builder_object(builder, ROOT, 1, size, BLOCK + 8 * i);
    builder_destroy(builder, ROOT, 2, 0, 100);
    return replay(builder, recording);
}

Test(compare, where_nothing_is_left_what_is_too_much_is_counted)
{
    struct recording *recording;
    const struct coverage *coverage = emptied(3, 8, &recording);
    cr_assert_eq(coverage->mismatches, 1);
    cr_assert_eq(coverage->differing[COVERAGE_ALLOCATIONS], 3);
    cr_assert_eq(coverage->traced[COVERAGE_BYTES], 0, "or all of the bytes would be missing");
    recording_close(recording);
}

Test(compare, nothing_of_no_size_is_nothing)
{
    struct recording *recording;
    cr_assert_eq(emptied(1, 0, &recording)->mismatches, 0);
    recording_close(recording);
}

/* ROOT is cleared, KEPT bytes stay in use, and 8 are allocated before it ends. */
static uint64_t kept(uint64_t bytes, bool again)
{
    struct trace_builder *builder = begin();
    builder_alloc(builder, ROOT, 1, 24);
    builder_clear(builder, ROOT, 1, 24, 100);
    builder_found(builder, ROOT, TRACE_FOUND_KEPT, bytes);
    builder_alloc(builder, ROOT, 1, 8);
    if (again) {
        builder_clear(builder, ROOT, 1, 8 + 48, 100);
        builder_alloc(builder, ROOT, 1, 8);
    }
    builder_destroy(builder, ROOT, 2, again ? 8 : 8 + 48, 100);
    return mismatches(builder);
}

Test(compare, what_stays_in_use_after_a_clear)
{
    cr_assert_eq(kept(48, false), 0);
    cr_assert_eq(kept(40, false), 1);
    cr_assert_eq(kept(48, true), 0, "the next clear tells anew");
}

Test(compare, pools_that_are_there)
{
    struct recording *recording;
    struct trace_builder *builder = begin();
    builder_create(builder, CHILD, ROOT, 1);
    builder_create(builder, GRAND, CHILD, 1);
    builder_create(builder, OTHER, ROOT, 1);
    builder_found(builder, ROOT, TRACE_FOUND_POOLS, 2);
    builder_found(builder, CHILD, TRACE_FOUND_POOLS, 2);
    builder_found(builder, 0x50000, TRACE_FOUND_POOLS, 3);
    const struct coverage *coverage = replay(builder, &recording);
    cr_assert_eq(coverage->pools, 3);
    cr_assert_eq(coverage->mismatches, 2);
    cr_assert_eq(coverage->traced[COVERAGE_POOLS], 3);
    cr_assert_eq(coverage->used[COVERAGE_POOLS], 7);
    cr_assert_eq(coverage->samples[0].unit, COVERAGE_POOLS);
    cr_assert_eq(coverage->samples[0].traced, 1);
    cr_assert_str_eq(coverage->samples[1].path, "", "one that was not recorded");
    recording_close(recording);
}
