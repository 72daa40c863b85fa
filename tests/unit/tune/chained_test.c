/* chained_test.c - nginx' blocks, against what its source does worked out by hand. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/tune/heap.h"

#include <criterion/criterion.h>

#define BLOCK 32 /* bytes, of the header of a block, and of a pool's, which begins its first */
#define POOL  80

enum { A = 1, B };

static struct heap heap;

static void begin(void)
{
    heap_begin(&heap, &(struct heap_rules){&heap_chained, POOL, BLOCK, 0});
    heap_make(&heap, A, 0, 256);
}

static void end(void)
{
    heap_end_all(&heap);
}

static void take(uint64_t size, uint64_t object)
{
    heap_take(&heap, A, &(struct heap_taken){.size = size, .object = object});
}

TestSuite(chained, .init = begin, .fini = end);

Test(chained, blocks_are_as_large_as_the_pool_was_made)
{
    cr_expect_eq(heap_room(&heap, A), 256 - POOL);
    cr_expect_eq(heap.held, 256);
    take(100, 0x1050);
    take(70, 0x10b5);
    cr_expect_eq(heap.held, 256, "80 + 100 + 70 bytes, which are not aligned");
    take(8, 0x2020);
    cr_expect_eq(heap.held, 2 * 256);
    cr_expect_eq(heap_room(&heap, A), 256 - POOL + 256 - BLOCK);
}

Test(chained, what_is_aligned_takes_more)
{
    take(90, 0x1050);
    take(86, 0x10ab);
    cr_expect_eq(heap.held, 256, "80 + 90 + 86");
    heap_make(&heap, B, 0, 256);
    heap_take(&heap, B, &(struct heap_taken){.size = 90, .object = 0x3050});
    heap_take(&heap, B, &(struct heap_taken){.size = 86, .object = 0x30b0});
    cr_expect_eq(heap.held, 3 * 256, "80 + 90, 6 for the alignment, and 86 that do not fit");
}

/* 80 + 16 of the entry. */
Test(chained, what_is_larger_has_memory_of_its_own)
{
    take(177, 0x5000);
    cr_expect_eq(heap.held, 256 + 177);
    cr_expect_eq(heap_held(&heap, A), 256 - POOL + 177);
    cr_expect_eq(heap_room(&heap, A), 256 - POOL);
    cr_expect_eq(heap_give_back(&heap, A, 0x6000), 0);
    cr_expect_eq(heap_give_back(&heap, A, 0x5000), 177);
    cr_expect_eq(heap.held, 256);
    take(160, 0x1060);
    cr_expect_eq(heap.held, 256, "80 + 16 + 160");
    take(500, 0x7000);
    cr_expect_eq(heap.held, 256 + 500, "the entry is used again");
    take(500, 0x8000);
    cr_expect_eq(heap.held, 2 * 256 + 2 * 500, "and another one does not fit");
}

Test(chained, so_has_what_is_larger_than_a_page)
{
    heap_make(&heap, B, 0, 16384);
    heap_take(&heap, B, &(struct heap_taken){.size = 4095, .object = 0x9050});
    cr_expect_eq(heap_held(&heap, B), 16384 - POOL);
    heap_take(&heap, B, &(struct heap_taken){.size = 4096, .object = 0xb000});
    cr_expect_eq(heap_held(&heap, B), 16384 - POOL + 4096);
}

/* The seventh block after the first fails it for the sixth time. */
Test(chained, a_block_that_failed_is_left_alone)
{
    for (unsigned i = 0; i < 7; i++)
        take(150, 0x1000 + 512 * i);
    take(16, 0x3000);
    cr_expect_eq(heap_block(&heap, 1)->used, POOL + 150 + 2 + 16, "it was looked into");
    take(150, 0x4000);
    take(8, 0x4100);
    cr_expect_eq(heap_block(&heap, 1)->used, POOL + 150 + 2 + 16, "it is not any more");
    cr_expect_eq(heap.held, 8 * 256);
}

Test(chained, an_array_grows_in_place)
{
    take(100, 0x1050);
    take(40, 0x1050);
    cr_expect_eq(heap_block(&heap, 1)->used, POOL + 140);
    take(40, 0x1050);
    cr_expect_eq(heap.held, 2 * 256, "where it is full, elsewhere");
}

Test(chained, a_reset_pool_keeps_its_blocks)
{
    take(150, 0x1050);
    take(150, 0x2020);
    take(300, 0x5000);
    heap_clear(&heap, A);
    cr_expect_eq(heap.held, 2 * 256);
    take(170, 0x1050);
    take(170, 0x2050);
    cr_expect_eq(heap.held, 2 * 256);
    heap_end(&heap, A);
    cr_expect_eq(heap.held, 0);
}
