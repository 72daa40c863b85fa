/*
 * nodes.c - the pools of the Apache Portable Runtime (memory/unix/apr_pools.c). A pool lies at the
 * beginning of its first node; nodes are a multiple of 4096 bytes with their header, 8192 at least,
 * and come from an allocator: that which the pool was made with, or else its parent's. An allocator
 * keeps free nodes in lists by size, up to `size` bytes (apr_allocator_max_free_set; 0: any), and
 * ends with the pool that it was given to first.
 *
 * `room` is without the header. `mark` is the node's free_index. The allocator of pools that are
 * made below none is the first.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/tune/heap.h"
#include "analyzer/util/memory.h"

#define BOUNDARY 4096
#define LEAST    (2 * BOUNDARY)
#define CLICK    8 /* bytes */

static uint64_t index_of(const struct heap *heap, const struct heap_block *node)
{
    return (node->room + heap->rules.block_size) / BOUNDARY - 1;
}

static uint64_t room_in(const struct heap_block *node)
{
    return node->room - node->used;
}

/* It counts as much less that may be kept when a node is taken. */
static void node_taken(struct heap_source *source, uint64_t index)
{
    source->current_free += index + 1;
    if (source->current_free > source->max_free)
        source->current_free = source->max_free;
}

/* A node of at least INDEX from the lists by size; 0: there is none. */
static uint32_t take_listed(struct heap *heap, struct heap_source *source, uint64_t index)
{
    uint64_t at = index;
    while (source->free[at] == 0 && at < source->max_index)
        at++;
    const uint32_t number = source->free[at];
    if (!number)
        return 0;
    source->free[at] = heap_block(heap, number)->next;
    if (source->free[at] == 0 && at >= source->max_index) {
        do {
            at--;
            source->max_index--;
        } while (source->free[at] == 0 && source->max_index);
    }
    return number;
}

/* The same from the list of those that are larger. */
static uint32_t take_larger(struct heap *heap, struct heap_source *source, uint64_t index)
{
    uint32_t *link = &source->free[0];
    while (*link && index > index_of(heap, heap_block(heap, *link)))
        link = &heap_block(heap, *link)->next;
    const uint32_t number = *link;
    if (number)
        *link = heap_block(heap, number)->next;
    return number;
}

/* A node with room for SIZE bytes. */
static uint32_t take_node(struct heap *heap, uint32_t from, uint64_t size)
{
    struct heap_source *source = &heap->sources[from];
    uint64_t whole = heap_round(size + heap->rules.block_size, BOUNDARY);
    if (whole < LEAST)
        whole = LEAST;
    const uint64_t index = whole / BOUNDARY - 1;
    uint32_t number = index <= source->max_index ? take_listed(heap, source, index)
                                                 : take_larger(heap, source, index);
    if (number) {
        struct heap_block *node = heap_block(heap, number);
        node_taken(source, index_of(heap, node));
        heap->spare -= node->room + heap->rules.block_size;
        *node = (struct heap_block){.room = node->room};
        return number;
    }
    return heap_block_new(heap, whole - heap->rules.block_size, heap->rules.block_size);
}

static void keep_node(struct heap *heap, struct heap_source *source, uint32_t number,
                      uint64_t index)
{
    uint32_t *list = &source->free[index < HEAP_LISTS ? index : 0];
    if (*list == 0 && index < HEAP_LISTS && index > source->max_index)
        source->max_index = index;
    heap_block(heap, number)->next = *list;
    *list = number;
    heap->spare += heap_block(heap, number)->room + heap->rules.block_size;
    source->current_free -= source->current_free < index + 1 ? source->current_free : index + 1;
}

/* The nodes from FIRST on, of POOL, up to LAST, are free. */
static void free_nodes(struct heap *heap, struct heap_pool *pool, uint32_t first, uint32_t last)
{
    struct heap_source *source = &heap->sources[pool->source];
    for (uint32_t number = first, next;; number = next) {
        const uint64_t index = index_of(heap, heap_block(heap, number));
        next = heap_block(heap, number)->next;
        pool->room -= heap_block(heap, number)->room;
        if (source->max_free && index + 1 > source->current_free)
            heap_block_free(heap, number, heap->rules.block_size);
        else
            keep_node(heap, source, number, index);
        if (number == last)
            return;
    }
}

static uint32_t find_source(const struct heap *heap, uint64_t address)
{
    for (uint32_t i = heap->source_count; i-- > 0;) {
        if (heap->sources[i].address == address)
            return i;
    }
    return UINT32_MAX;
}

static uint32_t add_source(struct heap *heap, uint64_t address, uint32_t owner)
{
    const uint64_t most =
        heap->source_count ? heap_round(heap->rules.size, BOUNDARY) / BOUNDARY : 0;
    uint32_t number = find_source(heap, 0); /* of one that ended */
    if (number == UINT32_MAX) {
        GROW_TO_POWER(heap->sources, heap->source_count);
        number = heap->source_count++;
    }
    heap->sources[number] = (struct heap_source){
        .address = address, .owner = owner, .max_free = most, .current_free = most};
    return number;
}

static uint32_t source_of(struct heap *heap, const struct heap_pool *pool,
                          const struct heap_pool *parent, uint64_t with)
{
    if (!with && parent && parent->first)
        return parent->source;
    if (!with && heap->source_count)
        return 0;
    const uint32_t number = find_source(heap, with);
    return with && number != UINT32_MAX
               ? number
               : add_source(heap, with ? with : UINT64_MAX, (uint32_t)(pool - heap->pools) + 1);
}

static void make(struct heap *heap, struct heap_pool *pool, const struct heap_pool *parent,
                 uint64_t with)
{
    pool->source = source_of(heap, pool, parent, with);
    const uint32_t number = take_node(heap, pool->source, LEAST - heap->rules.block_size);
    struct heap_block *node = heap_block(heap, number);
    node->next = node->previous = number;
    node->used = heap_round(heap->rules.pool_size, CLICK);
    pool->first = pool->last = number;
    pool->room = node->room;
}

static void insert(struct heap *heap, uint32_t number, uint32_t before)
{
    struct heap_block *node = heap_block(heap, number), *point = heap_block(heap, before);
    node->previous = point->previous;
    node->next = before;
    heap_block(heap, point->previous)->next = number;
    point->previous = number;
}

static void take_out(struct heap *heap, uint32_t number)
{
    const struct heap_block *node = heap_block(heap, number);
    heap_block(heap, node->previous)->next = node->next;
    heap_block(heap, node->next)->previous = node->previous;
}

/* The node that was taken from goes to where it belongs in the ring, those with more room first. */
static void put_back(struct heap *heap, uint32_t number)
{
    struct heap_block *node = heap_block(heap, number);
    uint32_t at = node->next;
    node->mark = (uint32_t)(heap_round(room_in(node) + 1, BOUNDARY) / BOUNDARY - 1);
    if (node->mark >= heap_block(heap, at)->mark)
        return;
    do {
        at = heap_block(heap, at)->next;
    } while (node->mark < heap_block(heap, at)->mark);
    take_out(heap, number);
    insert(heap, number, at);
}

static void take(struct heap *heap, struct heap_pool *pool, const struct heap_taken *taken)
{
    const uint32_t active = pool->last;
    const uint64_t size = heap_round(taken->size, CLICK);
    if (size <= room_in(heap_block(heap, active))) {
        heap_block(heap, active)->used += size;
        return;
    }
    uint32_t number = heap_block(heap, active)->next;
    if (size <= room_in(heap_block(heap, number))) {
        take_out(heap, number);
    } else {
        number = take_node(heap, pool->source, size);
        pool->room += heap_block(heap, number)->room;
    }
    heap_block(heap, number)->mark = 0;
    heap_block(heap, number)->used += size;
    insert(heap, number, active);
    pool->last = number;
    put_back(heap, active);
}

static void clear(struct heap *heap, struct heap_pool *pool)
{
    struct heap_block *self = heap_block(heap, pool->first);
    if (self->next != pool->first)
        free_nodes(heap, pool, self->next, self->previous);
    self->next = self->previous = pool->last = pool->first;
    self->used = heap_round(heap->rules.pool_size, CLICK);
}

/* The allocator of POOL ends with it: all that it kept. */
static void end_source(struct heap *heap, struct heap_source *source)
{
    for (unsigned i = 0; i < HEAP_LISTS; i++) {
        for (uint32_t number = source->free[i], next; number; number = next) {
            next = heap_block(heap, number)->next;
            heap->spare -= heap_block(heap, number)->room + heap->rules.block_size;
            heap_block_free(heap, number, heap->rules.block_size);
        }
    }
    *source = (struct heap_source){0};
}

static void end(struct heap *heap, struct heap_pool *pool)
{
    struct heap_source *source = &heap->sources[pool->source];
    free_nodes(heap, pool, pool->first, heap_block(heap, pool->first)->previous);
    if (source->owner == (uint32_t)(pool - heap->pools) + 1)
        end_source(heap, source);
}

const struct heap_kind heap_nodes = {
    .system = "apr",
    .shares = true,
    .unseen = "What takes nodes from an allocator by itself, as buckets do, is not recorded, nor "
              "in which "
              "order threads come that share one.",
    .tunable = "apr_allocator_max_free_set()",
    .make = make,
    .take = take,
    .clear = clear,
    .end = end,
};
