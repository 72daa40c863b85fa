/*
 * pool_tree.h - the pools of one process: by number, by address, and as a tree. A fork's child
 * starts with a copy.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_POOL_TREE_H
#define ANALYZER_REPLAY_POOL_TREE_H

#include "analyzer/replay/replay.h"
#include "analyzer/util/keymap.h"

#include <stdint.h>

#define POOL_TREE_RECENT  64   /* a power of two */
#define POOL_TREE_ENDINGS 16   /* a power of two */
#define POOL_TREE_DEPTH   1024 /* of a parent that a pool is moved to */

/*
 * A zeroed struct is an empty tree. Pool 0 is no pool: the roots are its children. A pool that is
 * gone is known until a new one is made at its address, or until it is forgotten: memory grows with
 * distinct addresses.
 */
struct pool_tree {
    struct pool *pools;
    uint32_t limit; /* numbers are below this */
    uint32_t capacity;
    uint32_t unused;       /* the first number that is free; of each the next one is its parent */
    uint32_t serial;       /* the last one given */
    struct keymap numbers; /* by address */
    struct keymap endings; /* by thread and stack: serial of the pool whose end, or clearing,
                              began there last */
    size_t last_endings[POOL_TREE_ENDINGS]; /* where stacks may be in that */
    uint32_t recent[POOL_TREE_RECENT];      /* the pools asked for last, by address; 0: none */
};

void pool_tree_free(struct pool_tree *tree);

/* Marks all pools as inherited. */
void pool_tree_inherit(struct pool_tree *tree);

/* What a forked child has: the same pools under the same numbers, all marked as inherited. */
void pool_tree_copy(struct pool_tree *to, const struct pool_tree *from);

struct pool *pool_tree_look_up(struct pool_tree *tree, uint64_t address, uint32_t *recent);

/* The last pool that was at ADDRESS, gone or not; NULL: none. Valid until the next
 * pool_tree_add(). */
static inline struct pool *pool_tree_last(struct pool_tree *tree, uint64_t address)
{
    uint32_t *recent = &tree->recent[(address >> 4 ^ address >> 10) % POOL_TREE_RECENT];
    if (*recent && tree->pools[*recent].address == address)
        return &tree->pools[*recent];
    return pool_tree_look_up(tree, address, recent);
}

/* The same, when it is alive or dying; else NULL. */
struct pool *pool_tree_find(struct pool_tree *tree, uint64_t address);

/* A new pool that is alive, below pool PARENT (0: a root). There must be none at ADDRESS. */
struct pool *pool_tree_add(struct pool_tree *tree, uint64_t address, uint32_t parent);

/* The pool after POOL in the subtree of TOP, parents before children; NULL past the last. */
struct pool *pool_tree_next(const struct pool_tree *tree, const struct pool *top,
                            const struct pool *pool);

/* Takes all below POOL out of the tree: they are dying, and each a tree of its own. */
void pool_tree_orphan(struct pool_tree *tree, struct pool *pool);

/* POOL, alive, is below pool PARENT (0: a root) from now on. False, and nothing is changed: PARENT
 * is POOL or below it, or deeper than POOL_TREE_DEPTH. */
bool pool_tree_move(struct pool_tree *tree, struct pool *pool, uint32_t parent);

/* The memory of POOL number NUMBER, alive, is at ADDRESS from now on, where no other is known to be
 * alive or dying. Who uses the old address uses a pool that STACK has ended. */
void pool_tree_relocate(struct pool_tree *tree, uint32_t number, uint64_t address, uint32_t stack);

/* POOL, which has no children, is gone: a new one at its address gets its number. */
void pool_tree_remove(struct pool_tree *tree, struct pool *pool);

/* Forgets all pools that are gone; how many there were. */
size_t pool_tree_forget_gone(struct pool_tree *tree);

/* The destruction, or the clearing, of TOP begins, which THREAD called from STACK: any other that
 * it called from there is over. */
void pool_tree_begin_ending(struct pool_tree *tree, const struct pool *top, uint32_t thread,
                            uint32_t stack);

/* False: the destruction that POOL ended in, or its clearing, is known to be over. */
bool pool_tree_may_be_ending(const struct pool_tree *tree, const struct pool *pool);

#endif
