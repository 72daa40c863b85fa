/*
 * pool_nodes.h - the pools of all processes of a recording as one tree of names: pools of the same
 * name and role below the same node are one node.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_POOL_NODES_H
#define ANALYZER_HTML_POOL_NODES_H

#include "analyzer/util/keymap.h"

#include <stddef.h>
#include <stdint.h>

struct pool;
struct replay;

#define POOL_NODES_MAX   4000
#define POOL_NODES_OTHER 1 /* this node stands for all that are beyond */

struct pool_node {
    uint32_t parent;  /* node number, 0: none */
    uint64_t place;   /* where it is made, as replay_place(), of pools without a name; else 0 */
    uint32_t tag;     /* as of struct pool */
    uint8_t root;     /* as of struct pool */
    unsigned role;    /* as of replay_pool_role() */
    uint32_t created; /* stack number, of the first pool seen */
    char *label;      /* as of replay_pool_label(), NULL: none; owned */
    char *role_name;  /* as of replay_pool_role_name(), NULL: none; owned */
};

/* A zeroed struct is empty. */
struct pool_nodes {
    struct pool_node *items; /* by number, from 1 */
    size_t count;            /* numbers are up to this */
    size_t capacity;
    struct keymap index;
};

/* The number of POOL's node, where PARENT is that of the pool above it, or 0. */
uint32_t pool_nodes_find(struct pool_nodes *nodes, const struct replay *replay,
                         const struct pool *pool, uint32_t parent);

void pool_nodes_free(struct pool_nodes *nodes);

#endif
