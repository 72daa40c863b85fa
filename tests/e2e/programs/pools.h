/*
 * pools.h - a small pool library with ProFTPD's names and layout, for programs made to be recorded.
 *
 * To be included once in a program. Threads may use it at the same time, each its own pools: the
 * blocks of ended pools go to a free list of the thread. When memory is out, the process ends.
 */
#ifndef TESTS_POOLS_H
#define TESTS_POOLS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* What is called is called, with the arguments of the ABI. */
#ifdef __clang__
#define POOL_ENTRY __attribute__((noinline, used))
#else
#define POOL_ENTRY __attribute__((noipa))
#endif

#ifndef POOL_BLOCK_DATA
#define POOL_BLOCK_DATA 1024 /* bytes of every block; no allocation may be larger */
#endif

struct pool_block {
    char *end;
    struct pool_block *next;
    char *first_avail;
    void *padding;
    char data[POOL_BLOCK_DATA];
};

typedef struct pool_rec {
    struct pool_block *first, *last;
    void *cleanups;
    struct pool_rec *sub_pools, *sub_next, *sub_prev, *parent;
    char *free_first_avail;
    const char *tag;
} pool;

_Static_assert(offsetof(struct pool_block, data) == 0x20, "block header");
_Static_assert(sizeof(pool) == 0x48, "pool header");

pool *permanent_pool;
static __thread struct pool_block *pool_free_blocks;

static struct pool_block *pool_new_block(void)
{
    struct pool_block *block = pool_free_blocks;
    if (block)
        pool_free_blocks = block->next;
    else
        block = malloc(sizeof(*block));
    if (!block)
        _exit(1);
    block->end = block->data + POOL_BLOCK_DATA;
    block->next = NULL;
    block->first_avail = block->data;
    return block;
}

POOL_ENTRY pool *make_sub_pool(pool *parent)
{
    struct pool_block *block = pool_new_block();
    pool *made = (pool *)block->data;
    block->first_avail += sizeof(*made);
    *made = (pool){.first = block, .last = block, .parent = parent};
    if (parent) {
        made->sub_next = parent->sub_pools;
        if (made->sub_next)
            made->sub_next->sub_prev = made;
        parent->sub_pools = made;
    }
    return made;
}

static POOL_ENTRY void *alloc_pool(pool *from, size_t size, int exact)
{
    (void)exact;
    size = (size + 7) / 8 * 8;
    if (size > (size_t)(from->last->end - from->last->first_avail)) {
        from->last->next = pool_new_block();
        from->last = from->last->next;
    }
    void *memory = from->last->first_avail;
    from->last->first_avail += size;
    return memory;
}

POOL_ENTRY void *palloc(pool *from, size_t size)
{
    return alloc_pool(from, size, 0);
}

POOL_ENTRY void pr_pool_tag(pool *named, const char *tag)
{
    named->tag = tag;
}

static POOL_ENTRY void destroy_pool_tree(pool *ended)
{
    if (ended->sub_prev)
        ended->sub_prev->sub_next = ended->sub_next;
    else if (ended->parent)
        ended->parent->sub_pools = ended->sub_next;
    if (ended->sub_next)
        ended->sub_next->sub_prev = ended->sub_prev;
    while (ended->sub_pools)
        destroy_pool_tree(ended->sub_pools);
    ended->last->next = pool_free_blocks;
    pool_free_blocks = ended->first;
}

POOL_ENTRY void destroy_pool(pool *ended)
{
    if (ended)
        destroy_pool_tree(ended);
}

#endif
/* SPDX-License-Identifier: MIT */
