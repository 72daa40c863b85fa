/*
 * pool_nodes.c - the pools of all processes of a recording as one tree of names; see pool_nodes.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/html/pool_nodes.h"

#include "analyzer/replay/replay.h"
#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

static char *copied(const char *text)
{
    return text ? xstrdup(text) : NULL;
}

static uint64_t node_key(const struct pool_node *node)
{
    uint64_t key = keyed_mix(node->place, (uint64_t)node->parent << 32 | node->tag);
    key = keyed_mix(key, (uint64_t)node->role << 32 | node->root);
    return key ? key : 1;
}

static bool same_node(const struct pool_node *a, const struct pool_node *b)
{
    return a->parent == b->parent && a->tag == b->tag && a->root == b->root && a->role == b->role &&
           a->place == b->place;
}

static void make_room(struct pool_nodes *nodes)
{
    if (nodes->count + 1 < nodes->capacity)
        return;
    nodes->capacity = nodes->capacity ? 2 * nodes->capacity : 64;
    nodes->items = xreallocarray(nodes->items, nodes->capacity, sizeof(*nodes->items));
    if (nodes->count > 0)
        return;
    nodes->items[0] = nodes->items[POOL_NODES_OTHER] = (struct pool_node){0};
    nodes->count = POOL_NODES_OTHER;
}

static uint32_t add(struct pool_nodes *nodes, const struct replay *replay, const struct pool *pool,
                    struct pool_node node)
{
    node.label = copied(replay_pool_label(replay, pool));
    node.role_name = copied(replay_pool_role_name(replay, pool));
    node.created = pool->created;
    nodes->items[++nodes->count] = node;
    return (uint32_t)nodes->count;
}

uint32_t pool_nodes_find(struct pool_nodes *nodes, const struct replay *replay,
                         const struct pool *pool, uint32_t parent)
{
    struct pool_node node = {.parent = parent,
                             .tag = pool->root ? 0 : pool->tag,
                             .root = pool->root,
                             .role = replay_pool_role(replay, pool)};
    if (!node.tag && !node.root)
        node.place = replay_place(replay, pool->created);
    make_room(nodes);
    for (uint64_t key = node_key(&node);; key += key < UINT64_MAX ? 1 : 2) {
        uint32_t number = keymap_get(&nodes->index, key);
        if (number && same_node(&nodes->items[number], &node))
            return number;
        if (number)
            continue;
        if (parent == POOL_NODES_OTHER || nodes->count >= POOL_NODES_MAX)
            return POOL_NODES_OTHER;
        return *keymap_put(&nodes->index, key) = add(nodes, replay, pool, node);
    }
}

void pool_nodes_free(struct pool_nodes *nodes)
{
    for (size_t i = 0; nodes->items && i <= nodes->count; i++) {
        free(nodes->items[i].label);
        free(nodes->items[i].role_name);
    }
    free(nodes->items);
    keymap_free(&nodes->index);
}
