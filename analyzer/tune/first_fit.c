/*
 * first_fit.c - ProFTPD's pools (src/pool.c). A pool lies at the beginning of its first block; what
 * does not fit into its last block goes to a new one. Blocks are a multiple of `size`
 * (PR_TUNABLE_POOL_SIZE), but for the first one of a pool that was made with a size
 * (pr_pool_create_sz) and for what was asked for exactly (pallocsz). Those of a pool that ends go
 * to the front of the free list, where the first that is large enough is taken from; none goes back
 * to malloc().
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/tune/heap.h"

#define CLICK 8 /* bytes */

/* The first free block that has room; 0: none. */
static uint32_t take_free(struct heap *heap, uint64_t size)
{
    for (uint32_t *link = &heap->free; *link; link = &heap_block(heap, *link)->next) {
        const uint32_t number = *link;
        struct heap_block *block = heap_block(heap, number);
        if (block->room < size)
            continue;
        *link = block->next;
        block->next = 0;
        heap->spare -= block->room + heap->rules.block_size;
        return number;
    }
    return 0;
}

/* A block of SIZE bytes at the end of POOL's. */
static struct heap_block *add_block(struct heap *heap, struct heap_pool *pool, uint64_t size)
{
    uint32_t number = take_free(heap, size);
    if (!number)
        number = heap_block_new(heap, size, heap->rules.block_size);
    if (pool->first)
        heap_block(heap, pool->last)->next = number;
    else
        pool->first = number;
    pool->last = number;
    pool->room += heap_block(heap, number)->room;
    heap_block(heap, number)->used = 0;
    return heap_block(heap, number);
}

static void make(struct heap *heap, struct heap_pool *pool, const struct heap_pool *parent,
                 uint64_t with)
{
    const uint64_t header = heap_round(heap->rules.pool_size, CLICK);
    (void)parent;
    add_block(heap, pool, with ? heap_round(with, 1) + header : heap_round(1, heap->rules.size))
        ->used = header;
}

static void take(struct heap *heap, struct heap_pool *pool, const struct heap_taken *taken)
{
    const uint64_t size = heap_round(taken->size, CLICK);
    struct heap_block *block = heap_block(heap, pool->last);
    if (size > block->room - block->used)
        block = add_block(heap, pool, taken->exact ? size : heap_round(size, heap->rules.size));
    block->used += size;
}

/* The blocks from FIRST on, of POOL, are free. */
static void free_blocks(struct heap *heap, struct heap_pool *pool, uint32_t first)
{
    uint32_t last = 0;
    for (uint32_t number = first; number; number = heap_block(heap, number)->next) {
        const uint64_t room = heap_block(heap, number)->room;
        heap->spare += room + heap->rules.block_size;
        pool->room -= room;
        last = number;
    }
    if (!last)
        return;
    heap_block(heap, last)->next = heap->free;
    heap->free = first;
}

static void clear(struct heap *heap, struct heap_pool *pool)
{
    struct heap_block *first = heap_block(heap, pool->first);
    free_blocks(heap, pool, first->next);
    first->next = 0;
    first->used = heap_round(heap->rules.pool_size, CLICK);
    pool->last = pool->first;
}

static void end(struct heap *heap, struct heap_pool *pool)
{
    free_blocks(heap, pool, pool->first);
}

const struct heap_kind heap_first_fit = {
    .system = "proftpd",
    .tunable = "PR_TUNABLE_POOL_SIZE",
    .usual = 512,
    .shares = true,
    .maker = "pr_pool_create_sz()",
    .unseen = "What pallocsz() takes is told from its caller's code, where that is there; an older "
              "recording "
              "does not tell the sizes of pr_pool_create_sz().",
    .exact = {"pallocsz", "pcallocsz"},
    .make = make,
    .take = take,
    .clear = clear,
    .end = end,
};
