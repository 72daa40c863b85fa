/*
 * roots.h - the pools that live as long as the program, as the variables that a description names
 * hold them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_ROOTS_H
#define PRELOAD_HOOKS_ROOTS_H

#include "preload/code/image.h"
#include "preload/hooks/pool_system.h"
#include "preload/trace/stream.h"
#include "preload/walk/walk.h"

#include <stdint.h>

/* Finds the variables that SYSTEM's API names in IMAGE. SYSTEM must live as long as the process. */
void roots_find(struct pool_system *system, const struct image *image);

/* The root NAME; NULL: there is none, or nothing holds it. */
const struct root *roots_named(const struct pool_system *system, struct slice name);

/* The address of variable number INDEX of its value. */
uint64_t roots_place(const struct root *root, unsigned index);

/* The pool that ROOT holds now; 0: none, or ROOT is NULL. */
uint64_t roots_pool(const struct root *root);

/* Adds to WALK, which has begun, SYSTEM's layouts and all that hangs below what its variables hold.
 */
void roots_walk(struct walk *walk, const struct pool_system *system);

/* Does one of SYSTEM's variables hold POOL now? */
bool roots_hold(const struct pool_system *system, uint64_t pool);

/* Does a variable hold another pool than when that was last written, or POOL? */
static inline bool roots_have_changed_or(const struct pool_system *system, uint64_t pool)
{
    for (unsigned i = 0; i < system->found_count; i++) {
        const struct root *root = &system->roots[system->found[i]];
        const uint64_t holds = __builtin_expect(root->variable != NULL, true)
                                   ? __atomic_load_n(root->variable, __ATOMIC_RELAXED)
                                   : roots_pool(root);
        if (holds != __atomic_load_n(&root->held, __ATOMIC_RELAXED) || holds == pool)
            return true;
    }
    return false;
}

static inline bool roots_have_changed(const struct pool_system *system)
{
    return roots_have_changed_or(system, 1); /* no pool is there */
}

/* Writes what the variables hold, where that changed since the last time. A pool that one holds is
 * made by that, where its making was not seen: with what its blocks hold, and its name. CREATED:
 * one that was made just now, for roots_created(); 0: none. ENDING: a pool is about to be
 * destroyed; its variable may have been cleared before, and it is the root's to its end. */
void roots_note(struct stream *stream, struct pool_system *system, uint64_t created, bool ending);

/* POOL of SYSTEM was made, or destroyed: it may be the first that there is, or one that a variable
 * holds. Writes that. */
void roots_created(struct stream *stream, struct pool_system *system, uint64_t pool);
void roots_destroyed(struct stream *stream, struct pool_system *system, uint64_t pool);

#endif
