/* nodes_test.c - the nodes of APR's allocators, against what its source does worked out by hand. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/tune/heap.h"

#include <criterion/criterion.h>

#define HEADER 40  /* bytes, of a node */
#define POOL   120 /* bytes, of a pool, in its first node */
#define LEAST  (8192 - HEADER)
#define FIRST  (LEAST - POOL) /* bytes that fit into a new pool */

enum { ROOT = 1, A, B, C };

static struct heap heap;

static void begin(void)
{
    heap_begin(&heap, &(struct heap_rules){&heap_nodes, POOL, HEADER, 0});
    heap_make(&heap, ROOT, 0, 0x1000);
}

static void end(void)
{
    heap_end_all(&heap);
}

static void take(uint32_t pool, uint64_t size)
{
    heap_take(&heap, pool, &(struct heap_taken){.size = size});
}

TestSuite(nodes, .init = begin, .fini = end);

Test(nodes, are_of_8192_bytes_at_least)
{
    cr_expect_eq(heap_room(&heap, ROOT), LEAST);
    cr_expect_eq(heap.held, 8192);
    take(ROOT, FIRST);
    cr_expect_eq(heap_room(&heap, ROOT), LEAST);
    take(ROOT, 1);
    cr_expect_eq(heap_room(&heap, ROOT), 2 * LEAST);
}

/* 20000 bytes and a header: five times 4096. */
Test(nodes, or_a_multiple_of_4096)
{
    take(ROOT, 20000);
    cr_expect_eq(heap.held, 8192 + 20480);
}

/* The first has 3032 bytes left, the second 2152. */
Test(nodes, with_room_are_looked_into_again)
{
    take(ROOT, 5000);
    take(ROOT, 6000);
    cr_expect_eq(heap.held, 2 * 8192);
    take(ROOT, 3000);
    cr_expect_eq(heap.held, 2 * 8192);
    take(ROOT, 2153);
    cr_expect_eq(heap.held, 3 * 8192);
}

Test(nodes, go_back_to_the_allocator)
{
    heap_make(&heap, A, ROOT, 0);
    take(A, 20000);
    heap_end(&heap, A);
    cr_expect_eq(heap.held, 2 * 8192 + 20480);
    cr_expect_eq(heap.spare, 8192 + 20480);
    heap_make(&heap, B, ROOT, 0);
    cr_expect_eq(heap_room(&heap, B), LEAST);
    take(B, 9000);
    cr_expect_eq(heap_room(&heap, B), LEAST + 20480 - HEADER, "a larger one serves, too");
    cr_expect_eq(heap.spare, 0);
}

Test(nodes, stay_with_a_pool_that_is_cleared_but_for_its_first)
{
    heap_make(&heap, A, ROOT, 0);
    take(A, FIRST);
    take(A, 100);
    heap_clear(&heap, A);
    cr_expect_eq(heap_room(&heap, A), LEAST);
    cr_expect_eq(heap.spare, 8192);
    take(A, FIRST);
    cr_expect_eq(heap_room(&heap, A), LEAST, "its first is empty");
}

Test(nodes, larger_than_the_lists_have_are_kept_too)
{
    heap_make(&heap, A, ROOT, 0);
    take(A, 200000);
    heap_end(&heap, A);
    const uint64_t held = heap.held;
    heap_make(&heap, B, ROOT, 0);
    take(B, 150000);
    cr_expect_eq(heap.held, held);
    take(B, 90000);
    cr_expect_gt(heap.held, held);
}

Test(nodes, of_an_allocator_of_its_own)
{
    heap_make(&heap, A, ROOT, 0x2000);
    heap_make(&heap, B, A, 0);
    heap_end(&heap, B);
    cr_expect_eq(heap.spare, 8192);
    heap_make(&heap, C, ROOT, 0);
    cr_expect_eq(heap.held, 4 * 8192, "the other allocator's is not this one's");
    heap_end(&heap, A);
    cr_expect_eq(heap.held, 2 * 8192, "which ends with the pool that it was made for");
    cr_expect_eq(heap.spare, 0);
}

/* 8192 bytes may be kept: two times 4096. */
Test(nodes, are_kept_up_to_a_limit)
{
    struct heap limited;
    heap_begin(&limited, &(struct heap_rules){&heap_nodes, POOL, HEADER, 8192});
    heap_make(&limited, ROOT, 0, 0x1000);
    heap_make(&limited, A, ROOT, 0x2000);
    heap_make(&limited, B, A, 0);
    heap_make(&limited, C, A, 0);
    heap_end(&limited, B);
    cr_expect_eq(limited.spare, 8192);
    heap_end(&limited, C);
    cr_expect_eq(limited.spare, 8192);
    cr_expect_eq(limited.held, 3 * 8192);
    heap_make(&limited, B, A, 0);
    cr_expect_eq(limited.spare, 0);
    heap_end(&limited, B);
    cr_expect_eq(limited.spare, 8192, "what was taken may be kept again");
    heap_end_all(&limited);
}

Test(nodes, of_a_child_process)
{
    struct heap child;
    heap_make(&heap, A, ROOT, 0);
    heap_copy(&child, &heap);
    heap_end(&child, A);
    cr_expect_eq(child.spare, 8192);
    cr_expect_eq(heap.spare, 0);
    heap_end_all(&child);
}
