/* made_pools.c - pools in the layout of ProFTPD's, made by hand (made_pools.h). */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/made_pools.h"

#include <criterion/criterion.h>

const struct api_layout layout = {
    .header = {.base = API_BASE_NUMBER, .offset = sizeof(struct pool)},
    .pool_blocks = offsetof(struct pool, blocks),
    .tree = true,
    .pool_children = offsetof(struct pool, children),
    .pool_sibling = offsetof(struct pool, next_sibling),
    .parent = API_NOWHERE,
    .label = API_NOWHERE,
    .owner = API_NOWHERE,
    .allocator.at = API_NOWHERE,
    .type_at = API_NOWHERE,
    .magic_at = API_NOWHERE,
    .has_used = true,
    .has_next = true,
    .block_size = sizeof(struct block),
    .block_end = offsetof(struct block, end),
    .block_next = offsetof(struct block, next),
    .block_used = offsetof(struct block, used),
    .chunks.lists = API_NOWHERE,
    .large.list = API_NOWHERE};

const struct pool_system proftpd = {.layouts = {&layout}, .layout_count = 1};

uint64_t address(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

void *take(size_t size)
{
    static _Alignas(16) char memory[16u << 20];
    static size_t taken;
    void *start = memory + taken;
    taken += (size + 15) / 16 * 16;
    cr_assert_leq(taken, sizeof(memory));
    return start;
}

struct block *make_block(uint64_t capacity, uint64_t used)
{
    struct block *block = take(sizeof(*block) + capacity);
    *block =
        (struct block){.end = address(block + 1) + capacity, .used = address(block + 1) + used};
    return block;
}

struct pool *make_pool(uint64_t capacity, uint64_t used)
{
    struct block *block = make_block(capacity, sizeof(struct pool) + used);
    struct pool *pool = (struct pool *)(block + 1);
    pool->blocks = address(block);
    return pool;
}

struct block *first_block(const struct pool *pool)
{
    return (struct block *)(uintptr_t)pool->blocks;
}

void add_child(struct pool *parent, struct pool *child)
{
    child->parent = address(parent);
    child->next_sibling = parent->children;
    parent->children = address(child);
}
