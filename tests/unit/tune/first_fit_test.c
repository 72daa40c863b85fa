/* first_fit_test.c - ProFTPD's blocks, against what its source does worked out by hand. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/tune/heap.h"

#include <criterion/criterion.h>

#define HEADER 32 /* bytes, of a block */
#define POOL   72 /* bytes, of a pool, in its first block */

enum { ROOT = 1, A, B, C };

static struct heap heap;

static void begin(void)
{
    heap_begin(&heap, &(struct heap_rules){&heap_first_fit, POOL, HEADER, 512});
}

static void end(void)
{
    heap_end_all(&heap);
}

static void take(uint32_t pool, uint64_t size)
{
    heap_take(&heap, pool, &(struct heap_taken){.size = size});
}

TestSuite(first_fit, .init = begin, .fini = end);

Test(first_fit, a_pool_begins_with_one_block)
{
    heap_make(&heap, A, 0, 0);
    cr_expect_eq(heap_room(&heap, A), 512);
    cr_expect_eq(heap.held, 512 + HEADER);
    take(A, 512 - POOL);
    cr_expect_eq(heap_room(&heap, A), 512, "it is full, and no more");
    take(A, 1);
    cr_expect_eq(heap_room(&heap, A), 1024);
}

Test(first_fit, what_does_not_fit_goes_to_a_new_block_and_the_rest_is_lost)
{
    heap_make(&heap, A, 0, 0);
    take(A, 600);
    cr_expect_eq(heap_room(&heap, A), 512 + 1024);
    take(A, 425); /* 424 would fit into the second, and into the first */
    cr_expect_eq(heap_room(&heap, A), 512 + 1024 + 512);
}

Test(first_fit, sizes_are_rounded_up_to_eight)
{
    heap_make(&heap, A, 0, 0);
    for (unsigned i = 0; i < (512 - POOL) / 8; i++)
        take(A, 1);
    cr_expect_eq(heap_room(&heap, A), 512);
    take(A, 1);
    cr_expect_eq(heap_room(&heap, A), 1024);
}

Test(first_fit, a_pool_made_with_a_size_has_a_block_for_it)
{
    heap_make(&heap, A, 0, 24);
    cr_expect_eq(heap_room(&heap, A), 24 + POOL);
    take(A, 24);
    cr_expect_eq(heap_room(&heap, A), 24 + POOL);
    take(A, 8);
    cr_expect_eq(heap_room(&heap, A), 24 + POOL + 512);
}

Test(first_fit, what_is_asked_for_exactly_gets_no_more)
{
    heap_make(&heap, A, 0, 24);
    heap_take(&heap, A, &(struct heap_taken){.size = 100, .exact = true});
    cr_expect_eq(heap_room(&heap, A), 24 + POOL + 104);
}

/* The free list is then 512, 1024, of which the first large enough is taken. */
Test(first_fit, blocks_of_an_ended_pool_are_used_again)
{
    heap_make(&heap, A, 0, 0);
    take(A, 600);
    heap_end(&heap, A);
    cr_expect_eq(heap.held, 512 + 1024 + 2 * HEADER, "nothing goes back to malloc()");
    cr_expect_eq(heap.spare, heap.held);
    heap_make(&heap, B, 0, 0);
    take(B, 500);
    cr_expect_eq(heap_room(&heap, B), 512 + 1024);
    cr_expect_eq(heap.spare, 0);
    take(B, 600);
    cr_expect_eq(heap.held, 512 + 2 * 1024 + 3 * HEADER);
}

Test(first_fit, a_small_pool_may_get_a_large_block)
{
    heap_make(&heap, A, 0, 5000);
    heap_end(&heap, A);
    heap_make(&heap, B, 0, 8);
    cr_expect_eq(heap_room(&heap, B), 5000 + POOL);
}

/* C's come before A's: the block of 5000 is not first. */
Test(first_fit, what_ended_last_is_used_first)
{
    heap_make(&heap, A, 0, 5000);
    heap_make(&heap, C, 0, 0);
    heap_end(&heap, A);
    heap_end(&heap, C);
    heap_make(&heap, B, 0, 0);
    cr_expect_eq(heap_room(&heap, B), 512);
    heap_make(&heap, A, 0, 0);
    cr_expect_eq(heap_room(&heap, A), 5000 + POOL);
}

Test(first_fit, a_child_process_has_its_own)
{
    struct heap child;
    heap_make(&heap, A, 0, 0);
    heap_copy(&child, &heap);
    heap_end(&child, A);
    take(A, 600);
    cr_expect_eq(child.spare, 512 + HEADER);
    cr_expect_eq(child.held, 512 + HEADER);
    cr_expect_eq(heap_room(&heap, A), 512 + 1024);
    cr_expect_eq(heap.spare, 0);
    heap_end_all(&child);
}

Test(first_fit, nothing_is_known_of_a_pool_that_was_there)
{
    heap_meet(&heap, A);
    take(A, 600);
    heap_end(&heap, A);
    cr_expect_eq(heap.held, 0);
}

Test(first_fit, no_size_is_too_much)
{
    heap_make(&heap, A, 0, UINT64_MAX);
    take(A, UINT64_MAX);
    cr_expect_geq(heap_room(&heap, A), HEAP_MOST);
    heap_end(&heap, A);
    cr_expect_eq(heap.spare, heap.held);
}
