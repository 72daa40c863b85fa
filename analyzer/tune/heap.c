/* heap.c - what all kinds of simulated pools have in common; see heap.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/tune/heap.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

void heap_begin(struct heap *heap, const struct heap_rules *rules)
{
    *heap = (struct heap){.rules = *rules};
}

static void *copy(const void *from, size_t count, size_t size)
{
    return count ? memcpy(xreallocarray(NULL, count, size), from, count * size) : NULL;
}

/* Arrays that grow by GROW_TO_POWER() are as long as a power of two. */
static size_t power(size_t count)
{
    size_t power = 1;
    while (power < count)
        power *= 2;
    return count ? power : 0;
}

void heap_copy(struct heap *to, const struct heap *from)
{
    *to = *from;
    to->blocks = copy(from->blocks, power(from->block_count), sizeof(*to->blocks));
    to->larges = copy(from->larges, power(from->large_count), sizeof(*to->larges));
    to->pools = copy(from->pools, from->pool_room, sizeof(*to->pools));
    to->sources = copy(from->sources, power(from->source_count), sizeof(*to->sources));
}

void heap_end_all(struct heap *heap)
{
    free(heap->blocks);
    free(heap->larges);
    free(heap->pools);
    free(heap->sources);
    *heap = (struct heap){0};
}

uint64_t heap_round(uint64_t size, uint64_t step)
{
    if (size > HEAP_MOST)
        size = HEAP_MOST;
    return (size + step - 1) / step * step;
}

uint32_t heap_block_new(struct heap *heap, uint64_t room, uint64_t header)
{
    uint32_t number = heap->unused_block;
    if (number) {
        heap->unused_block = heap->blocks[number].next;
    } else {
        if (heap->block_count == 0) { /* number 0 is none */
            GROW_TO_POWER(heap->blocks, heap->block_count);
            heap->blocks[heap->block_count++] = (struct heap_block){0};
        }
        GROW_TO_POWER(heap->blocks, heap->block_count);
        number = heap->block_count++;
    }
    heap->blocks[number] = (struct heap_block){.room = room};
    heap->held += room + header;
    return number;
}

void heap_block_free(struct heap *heap, uint32_t block, uint64_t header)
{
    heap->held -= heap->blocks[block].room + header;
    heap->blocks[block].next = heap->unused_block;
    heap->unused_block = block;
}

/* POOL as one of which nothing is known. */
static struct heap_pool *add_pool(struct heap *heap, uint32_t pool)
{
    uint32_t room = heap->pool_room ? heap->pool_room : GROW_FIRST;
    while (room <= pool)
        room *= 2;
    if (room != heap->pool_room) {
        heap->pools = xreallocarray(heap->pools, room, sizeof(*heap->pools));
        memset(heap->pools + heap->pool_room, 0, (room - heap->pool_room) * sizeof(*heap->pools));
        heap->pool_room = room;
    }
    heap->pools[pool] = (struct heap_pool){0};
    return &heap->pools[pool];
}

void heap_make(struct heap *heap, uint32_t pool, uint32_t parent, uint64_t with)
{
    struct heap_pool *made = add_pool(heap, pool);
    heap->rules.kind->make(heap, made, parent ? &heap->pools[parent] : NULL, with);
}

void heap_meet(struct heap *heap, uint32_t pool)
{
    add_pool(heap, pool);
}

void heap_take(struct heap *heap, uint32_t pool, const struct heap_taken *taken)
{
    if (heap->pools[pool].first && taken->size)
        heap->rules.kind->take(heap, &heap->pools[pool], taken);
}

uint64_t heap_give_back(struct heap *heap, uint32_t pool, uint64_t object)
{
    if (!heap->pools[pool].first || !heap->rules.kind->give_back || !object)
        return 0;
    return heap->rules.kind->give_back(heap, &heap->pools[pool], object);
}

void heap_clear(struct heap *heap, uint32_t pool)
{
    if (heap->pools[pool].first)
        heap->rules.kind->clear(heap, &heap->pools[pool]);
}

void heap_end(struct heap *heap, uint32_t pool)
{
    if (heap->pools[pool].first)
        heap->rules.kind->end(heap, &heap->pools[pool]);
    heap->pools[pool] = (struct heap_pool){0};
}

uint64_t heap_room(const struct heap *heap, uint32_t pool)
{
    return heap->pools[pool].room;
}

uint64_t heap_held(const struct heap *heap, uint32_t pool)
{
    return heap->pools[pool].room + heap->pools[pool].beside;
}
