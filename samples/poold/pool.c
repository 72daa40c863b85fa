/*
 * pool.c - hierarchical memory pools with the interface and the memory layout of ProFTPD's; see
 * pool.h.
 */
#include "pool.h"

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 8
#ifndef BLOCK_ROUND     /* another one is what lifeguard tune predicts */
#define BLOCK_ROUND 512 /* bytes; blocks differ little in size, so that most of them fit again */
#endif

struct block {
    _Alignas(16) char *end;
    struct block *next;
    char *first_avail;
};

struct cleanup {
    void *data;
    void (*call)(void *data);
    struct cleanup *next;
};

/* Lies at the start of its first block. Children are newest first. */
struct pool_rec {
    struct block *first, *last;
    struct cleanup *cleanups;
    struct pool_rec *sub_pools, *sub_next, *sub_prev, *parent;
    char *free_first_avail; /* where the first block's space begins, past this header */
    const char *tag;
};

/* Tools that look into a running ProFTPD rely on these offsets. */
static_assert(sizeof(struct block) == 0x20, "block header");
static_assert(offsetof(struct block, first_avail) == 0x10, "block header");
static_assert(sizeof(struct pool_rec) == 0x48, "pool header");
static_assert(offsetof(struct pool_rec, sub_pools) == 0x18, "pool header");
static_assert(offsetof(struct pool_rec, parent) == 0x30, "pool header");
static_assert(offsetof(struct pool_rec, tag) == 0x40, "pool header");

pool *permanent_pool;
struct block *block_freelist; /* exported: lifeguard scan tells what points into it */

static void out_of_memory(void)
{
    fputs("poold: out of memory\n", stderr);
    exit(1);
}

static size_t round_up(size_t size, size_t step)
{
    if (size > PTRDIFF_MAX - BLOCK_ROUND)
        out_of_memory();
    return (size + step - 1) / step * step;
}

static char *block_start(struct block *block)
{
    return (char *)(block + 1);
}

static struct block *take_free_block(size_t size)
{
    for (struct block **link = &block_freelist; *link; link = &(*link)->next) {
        struct block *block = *link;

        if ((size_t)(block->end - block->first_avail) >= size) {
            *link = block->next;
            return block;
        }
    }
    return NULL;
}

/* The free list holds the block already when a pool is destroyed twice. */
static int is_free_block(const struct block *block)
{
    const struct block *seen = block_freelist;

    while (seen && seen != block)
        seen = seen->next;
    return seen != NULL;
}

static struct block *new_block(size_t size, int exact)
{
    if (!exact)
        size = round_up(size ? size : 1, BLOCK_ROUND);
    struct block *block = take_free_block(size);

    if (!block) {
        block = malloc(sizeof(*block) + size);
        if (!block)
            out_of_memory();
        block->end = block_start(block) + size;
    }
    block->next = NULL;
    /* Here and not when it was freed: who uses an ended pool may have moved it since. */
    block->first_avail = block_start(block);
    return block;
}

static void free_blocks(struct block *first)
{
    struct block *last = first;

    if (is_free_block(first))
        return;
    for (;; last = last->next) {
        last->first_avail = block_start(last);
        if (!last->next)
            break;
    }
    last->next = block_freelist;
    block_freelist = first;
}

static void link_to_parent(pool *child, pool *parent)
{
    child->parent = parent;
    child->sub_next = parent->sub_pools;
    if (child->sub_next)
        child->sub_next->sub_prev = child;
    parent->sub_pools = child;
}

static void unlink_from_parent(pool *child)
{
    if (child->sub_prev)
        child->sub_prev->sub_next = child->sub_next;
    else
        child->parent->sub_pools = child->sub_next;
    if (child->sub_next)
        child->sub_next->sub_prev = child->sub_prev;
}

static pool *pool_in_block(struct block *block, pool *parent)
{
    pool *made = (pool *)block->first_avail;

    block->first_avail += sizeof(*made);
    *made = (pool){.first = block, .last = block, .free_first_avail = block->first_avail};
    if (parent)
        link_to_parent(made, parent);
    return made;
}

POOL_ENTRY pool *make_sub_pool(pool *parent)
{
    return pool_in_block(new_block(0, 0), parent);
}

POOL_ENTRY pool *pr_pool_create_sz(pool *parent, size_t size)
{
    return pool_in_block(new_block(round_up(size, ALIGNMENT) + sizeof(pool), 1), parent);
}

POOL_ENTRY void pr_pool_tag(pool *pool, const char *tag)
{
    if (pool && tag)
        pool->tag = tag;
}

void init_pools(void)
{
    if (!permanent_pool)
        permanent_pool = make_sub_pool(NULL);
    pr_pool_tag(permanent_pool, "permanent_pool");
}

static void run_cleanups(pool *pool)
{
    while (pool->cleanups) {
        struct cleanup *cleanup = pool->cleanups;

        pool->cleanups = cleanup->next;
        cleanup->call(cleanup->data);
    }
}

static POOL_ENTRY void destroy_pool_tree(pool *pool)
{
    if (pool->parent)
        unlink_from_parent(pool);
    run_cleanups(pool);
    while (pool->sub_pools)
        destroy_pool_tree(pool->sub_pools);
    pool->tag = NULL;
    free_blocks(pool->first);
}

POOL_ENTRY void destroy_pool(pool *pool)
{
    if (pool)
        destroy_pool_tree(pool);
}

/* Every allocation ends here: by a jump from palloc() and pallocsz(), by calls from the others. */
static POOL_ENTRY void *alloc_pool(pool *pool, size_t size, int exact)
{
    if (!pool || size == 0)
        return NULL;
    size_t taken = round_up(size, ALIGNMENT);

    if (taken > (size_t)(pool->last->end - pool->last->first_avail)) {
        pool->last->next = new_block(taken, exact);
        pool->last = pool->last->next;
    }
    char *memory = pool->last->first_avail;

    pool->last->first_avail += taken;
    return memory;
}

POOL_ENTRY void *palloc(pool *pool, size_t size)
{
    return alloc_pool(pool, size, 0);
}

POOL_ENTRY void *pallocsz(pool *pool, size_t size)
{
    return alloc_pool(pool, size, 1);
}

POOL_ENTRY void *pcalloc(pool *pool, size_t size)
{
    void *memory = alloc_pool(pool, size, 0);

    return memory ? memset(memory, 0, size) : NULL;
}

POOL_ENTRY void *pcallocsz(pool *pool, size_t size)
{
    void *memory = alloc_pool(pool, size, 1);

    return memory ? memset(memory, 0, size) : NULL;
}

POOL_ENTRY void register_cleanup(pool *pool, void *data, void (*call)(void *data))
{
    struct cleanup *cleanup = alloc_pool(pool, sizeof(*cleanup), 0);

    *cleanup = (struct cleanup){data, call, pool->cleanups};
    pool->cleanups = cleanup;
}

POOL_ENTRY void unregister_cleanup(pool *pool, void *data, void (*call)(void *data))
{
    for (struct cleanup **link = &pool->cleanups; *link; link = &(*link)->next) {
        if ((*link)->data == data && (*link)->call == call) {
            *link = (*link)->next;
            return;
        }
    }
}

POOL_ENTRY array_header *make_array(pool *pool, unsigned room, size_t size)
{
    array_header *array = alloc_pool(pool, sizeof(*array), 0);

    if (room == 0)
        room = 1;
    *array = (array_header){.pool = pool, .elt_size = size, .nalloc = room};
    array->elts = alloc_pool(pool, room * size, 0);
    return array;
}

POOL_ENTRY void *push_array(array_header *array)
{
    if (array->nelts == array->nalloc) {
        void *larger = alloc_pool(array->pool, 2 * array->nalloc * array->elt_size, 0);

        array->elts = memcpy(larger, array->elts, array->nelts * array->elt_size);
        array->nalloc *= 2;
    }
    return (char *)array->elts + array->elt_size * array->nelts++;
}

POOL_ENTRY char *pstrdup(pool *pool, const char *text)
{
    size_t size = strlen(text) + 1;

    return memcpy(palloc(pool, size), text, size);
}
/* SPDX-License-Identifier: MIT */
