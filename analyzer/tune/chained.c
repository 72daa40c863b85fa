/*
 * chained.c - nginx' pools (src/core/ngx_palloc.c). All blocks of a pool are as large as it was
 * made with; the first begins with the pool. What is larger than a block has, or than a page, comes
 * from malloc() by itself, and has an entry in a block. A block that was too full five times is not
 * looked into any more. All goes back to malloc() with the pool. `size` has no meaning.
 *
 * A block's room and used are with its header.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/tune/heap.h"
#include "analyzer/util/memory.h"

#define ALIGNMENT 8 /* bytes */
#define PAGE      4096
#define ENTRY     16 /* bytes, of a large allocation */
#define FAILURES  4  /* of a block */
#define REUSED    3  /* entries, and one */

/* The size of a pool that was made with nothing: of a recording before that was told. */
#define USUAL_SIZE 1024

static void make(struct heap *heap, struct heap_pool *pool, const struct heap_pool *parent,
                 uint64_t with)
{
    const uint64_t header = heap->rules.pool_size;
    uint64_t size = heap_round(with ? with : USUAL_SIZE, 1);
    (void)parent;
    if (size < header)
        size = header;
    pool->first = pool->last = heap_block_new(heap, size, 0);
    pool->room = size - header;
    heap_block(heap, pool->first)->used = header;
}

/* A new block at the end of POOL's; SIZE bytes of it are in use. */
static void add_block(struct heap *heap, struct heap_pool *pool, uint64_t size)
{
    const uint64_t room = heap_block(heap, pool->first)->room;
    const uint32_t number = heap_block_new(heap, room, 0);
    uint32_t at = pool->last;
    heap_block(heap, number)->used = heap_round(heap->rules.block_size, ALIGNMENT) + size;
    pool->room += room - heap->rules.block_size;
    for (; heap_block(heap, at)->next; at = heap_block(heap, at)->next) {
        if (heap_block(heap, at)->mark++ > FAILURES)
            pool->last = heap_block(heap, at)->next;
    }
    heap_block(heap, at)->next = number;
}

static void take_small(struct heap *heap, struct heap_pool *pool, uint64_t size, uint64_t align)
{
    for (uint32_t number = pool->last; number; number = heap_block(heap, number)->next) {
        struct heap_block *block = heap_block(heap, number);
        const uint64_t from = heap_round(block->used, align);
        if (from > block->room || block->room - from < size)
            continue;
        block->used = from + size;
        return;
    }
    add_block(heap, pool, size);
}

static uint32_t new_entry(struct heap *heap)
{
    const uint32_t number = heap->unused_large;
    if (number) {
        heap->unused_large = heap->larges[number].next;
        return number;
    }
    if (heap->large_count == 0) { /* number 0 is none */
        GROW_TO_POWER(heap->larges, heap->large_count);
        heap->larges[heap->large_count++] = (struct heap_large){0};
    }
    GROW_TO_POWER(heap->larges, heap->large_count);
    return heap->large_count++;
}

/* An entry for it: one of the newest, where what had it was given back, or a new one. */
static struct heap_large *find_entry(struct heap *heap, struct heap_pool *pool)
{
    unsigned looked = 0;
    for (uint32_t at = pool->large; at; at = heap->larges[at].next) {
        if (heap->larges[at].object == 0)
            return &heap->larges[at];
        if (looked++ > REUSED)
            break;
    }
    take_small(heap, pool, ENTRY, ALIGNMENT);
    const uint32_t number = new_entry(heap);
    heap->larges[number].next = pool->large;
    pool->large = number;
    return &heap->larges[number];
}

/* An array that is the last thing in its pool's first block grows there. */
static bool grows(struct heap *heap, const struct heap_pool *pool, uint64_t size, uint64_t object)
{
    struct heap_block *first = heap_block(heap, pool->first);
    if (!object || object != pool->object || first->used > first->room ||
        first->room - first->used < size)
        return false;
    first->used += size;
    return true;
}

static void take(struct heap *heap, struct heap_pool *pool, const struct heap_taken *taken)
{
    const uint64_t room = heap_block(heap, pool->first)->room - heap->rules.pool_size;
    const uint64_t size = heap_round(taken->size, 1), object = taken->object;
    if (grows(heap, pool, size, object))
        return;
    pool->object = object;
    if (size <= (room < PAGE - 1 ? room : PAGE - 1)) {
        take_small(heap, pool, size, object % ALIGNMENT ? 1 : ALIGNMENT);
        return;
    }
    struct heap_large *large = find_entry(heap, pool);
    large->object = object ? object : 1;
    large->size = size;
    pool->beside += size;
    heap->held += size;
}

static uint64_t give_back(struct heap *heap, struct heap_pool *pool, uint64_t object)
{
    for (uint32_t at = pool->large; at; at = heap->larges[at].next) {
        const uint64_t size = heap->larges[at].size;
        if (heap->larges[at].object != object)
            continue;
        heap->held -= size;
        pool->beside -= size;
        heap->larges[at] = (struct heap_large){.next = heap->larges[at].next};
        return size;
    }
    return 0;
}

static void give_all_back(struct heap *heap, struct heap_pool *pool)
{
    while (pool->large) {
        struct heap_large *large = &heap->larges[pool->large];
        const uint32_t next = large->next;
        heap->held -= large->size;
        *large = (struct heap_large){.next = heap->unused_large};
        heap->unused_large = pool->large;
        pool->large = next;
    }
    pool->beside = 0;
}

/* Blocks stay, and each has room but for a pool's header. */
static void clear(struct heap *heap, struct heap_pool *pool)
{
    give_all_back(heap, pool);
    for (uint32_t at = pool->first; at; at = heap_block(heap, at)->next) {
        heap_block(heap, at)->used = heap->rules.pool_size;
        heap_block(heap, at)->mark = 0;
    }
    pool->last = pool->first;
}

static void end(struct heap *heap, struct heap_pool *pool)
{
    give_all_back(heap, pool);
    for (uint32_t at = pool->first, next; at; at = next) {
        next = heap_block(heap, at)->next;
        heap_block_free(heap, at, 0);
    }
}

const struct heap_kind heap_chained = {
    .system = "nginx",
    .unseen =
        "What ngx_pmemalign() takes is simulated as what ngx_palloc() does; an older recording "
        "does not tell the sizes of pools.",
    .maker = "ngx_create_pool()",
    .options = {{"request->pool", "request_pool_size"},
                {"connection->pool", "connection_pool_size"}},
    .make = make,
    .take = take,
    .give_back = give_back,
    .clear = clear,
    .end = end,
};
