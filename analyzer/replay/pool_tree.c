/* pool_tree.c - the pools of one process; see pool_tree.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/pool_tree.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

void pool_tree_free(struct pool_tree *tree)
{
    free(tree->pools);
    keymap_free(&tree->numbers);
    keymap_free(&tree->endings);
    *tree = (struct pool_tree){0};
}

void pool_tree_inherit(struct pool_tree *tree)
{
    for (uint32_t i = 1; i < tree->limit; i++) {
        tree->pools[i].inherited = true;
        tree->pools[i].again = false;
        tree->pools[i].inherited_bytes = tree->pools[i].bytes;
    }
}

void pool_tree_copy(struct pool_tree *to, const struct pool_tree *from)
{
    *to = *from;
    if (!from->pools)
        return;
    to->pools = xreallocarray(NULL, from->capacity, sizeof(*from->pools));
    memcpy(to->pools, from->pools, from->limit * sizeof(*from->pools));
    pool_tree_inherit(to);
    keymap_copy(&to->numbers, &from->numbers);
    keymap_copy(&to->endings, &from->endings);
}

struct pool *pool_tree_look_up(struct pool_tree *tree, uint64_t address, uint32_t *recent)
{
    uint32_t number = address ? keymap_get(&tree->numbers, address) : 0;
    if (number)
        *recent = number;
    return number ? &tree->pools[number] : NULL;
}

struct pool *pool_tree_find(struct pool_tree *tree, uint64_t address)
{
    struct pool *pool = pool_tree_last(tree, address);
    return pool && pool->state != POOL_GONE ? pool : NULL;
}

static uint32_t new_number(struct pool_tree *tree)
{
    const uint32_t unused = tree->unused;
    if (unused) {
        tree->unused = tree->pools[unused].parent;
        return unused;
    }
    if (tree->limit >= tree->capacity) {
        tree->capacity = tree->capacity ? 2 * tree->capacity : FIRST_CAPACITY;
        tree->pools = xreallocarray(tree->pools, tree->capacity, sizeof(*tree->pools));
    }
    if (tree->limit == 0) {
        tree->pools[0] = (struct pool){.state = POOL_GONE};
        tree->limit = 1;
    }
    return tree->limit++;
}

/* Makes POOL, which is in no list, the first child of PARENT. */
static void link_pool(struct pool_tree *tree, struct pool *pool, uint32_t parent)
{
    struct pool *above = &tree->pools[parent];
    pool->parent = parent;
    pool->next_sibling = above->first_child;
    pool->previous_sibling = 0;
    if (above->first_child)
        tree->pools[above->first_child].previous_sibling = pool->number;
    above->first_child = pool->number;
    above->had_pools = true;
}

/* The number of the pool that was at ADDRESS, or a new one. */
static uint32_t number_for(struct pool_tree *tree, uint64_t address)
{
    const struct pool *old = pool_tree_last(tree, address);
    return old ? old->number : (*keymap_put(&tree->numbers, address) = new_number(tree));
}

struct pool *pool_tree_add(struct pool_tree *tree, uint64_t address, uint32_t parent)
{
    const uint32_t number = number_for(tree, address);
    struct pool *pool = &tree->pools[number];
    *pool = (struct pool){
        .address = address,
        .number = number,
        .serial = ++tree->serial,
        .order = tree->serial,
        .capacity = UINT64_MAX,
        .state = POOL_ALIVE,
    };
    link_pool(tree, pool, parent);
    return pool;
}

struct pool *pool_tree_next(const struct pool_tree *tree, const struct pool *top,
                            const struct pool *pool)
{
    if (pool->first_child)
        return &tree->pools[pool->first_child];
    while (pool != top && !pool->next_sibling)
        pool = &tree->pools[pool->parent];
    return pool == top ? NULL : &tree->pools[pool->next_sibling];
}

static void unlink_pool(struct pool_tree *tree, struct pool *pool)
{
    if (pool->previous_sibling)
        tree->pools[pool->previous_sibling].next_sibling = pool->next_sibling;
    else if (tree->pools[pool->parent].first_child == pool->number)
        tree->pools[pool->parent].first_child = pool->next_sibling;
    if (pool->next_sibling)
        tree->pools[pool->next_sibling].previous_sibling = pool->previous_sibling;
    pool->under = pool->parent;
    pool->under_serial = tree->pools[pool->parent].serial;
    pool->parent = pool->next_sibling = pool->previous_sibling = 0;
}

bool pool_tree_move(struct pool_tree *tree, struct pool *pool, uint32_t parent)
{
    unsigned depth = 0;
    for (uint32_t above = parent; above; above = tree->pools[above].parent) {
        if (above == pool->number || ++depth > POOL_TREE_DEPTH)
            return false;
    }
    unlink_pool(tree, pool);
    link_pool(tree, pool, parent);
    return true;
}

void pool_tree_relocate(struct pool_tree *tree, uint32_t number, uint64_t address, uint32_t stack)
{
    uint32_t left = keymap_get(&tree->numbers, address);
    if (!left)
        left = new_number(tree);
    struct pool *pool = &tree->pools[number];
    tree->pools[left] = (struct pool){.address = pool->address,
                                      .number = left,
                                      .serial = ++tree->serial,
                                      .created = pool->created,
                                      .created_tick = pool->created_tick,
                                      .tag = pool->tag,
                                      .first_tag = pool->first_tag,
                                      .born = pool->born,
                                      .state = POOL_GONE,
                                      .destroyed = stack,
                                      .ending = stack,
                                      .ending_serial = tree->serial};
    *keymap_put(&tree->numbers, pool->address) = left;
    *keymap_put(&tree->numbers, address) = number;
    pool->address = address;
}

void pool_tree_orphan(struct pool_tree *tree, struct pool *top)
{
    struct pool *pool = top;
    for (;;) {
        while (pool->first_child)
            pool = &tree->pools[pool->first_child];
        if (pool == top)
            return;
        struct pool *parent = &tree->pools[pool->parent];
        unlink_pool(tree, pool);
        pool->state = POOL_DYING;
        pool = parent;
    }
}

void pool_tree_remove(struct pool_tree *tree, struct pool *pool)
{
    if (pool->state == POOL_ALIVE)
        unlink_pool(tree, pool);
    pool->state = POOL_GONE;
}

size_t pool_tree_forget_gone(struct pool_tree *tree)
{
    size_t forgotten = 0;
    for (uint32_t i = 1; i < tree->limit; i++) {
        struct pool *pool = &tree->pools[i];
        if (pool->state != POOL_GONE || !pool->address)
            continue;
        keymap_remove(&tree->numbers, pool->address);
        *pool = (struct pool){.state = POOL_GONE, .number = i, .parent = tree->unused};
        tree->unused = i;
        forgotten++;
    }
    return forgotten;
}

/* Threads that do the same have the same stacks. */
static uint64_t ending_key(uint32_t thread, uint32_t stack)
{
    return (uint64_t)thread << 32 | stack;
}

void pool_tree_begin_ending(struct pool_tree *tree, const struct pool *top, uint32_t thread,
                            uint32_t stack)
{
    struct keymap *endings = &tree->endings;
    const uint64_t key = ending_key(thread, stack);
    size_t *place = &tree->last_endings[stack % POOL_TREE_ENDINGS];
    if (stack == 0)
        return;
    if (!endings->entries || *place > endings->mask || endings->entries[*place].key != key) {
        keymap_put(endings, key);
        *place = (size_t)(keymap_probe(endings, key) - endings->entries);
    }
    endings->entries[*place].value = top->serial;
}

bool pool_tree_may_be_ending(const struct pool_tree *tree, const struct pool *pool)
{
    const uint64_t key = ending_key(pool->ending_thread, pool->ending);
    return keymap_get(&tree->endings, key) == pool->ending_serial;
}
