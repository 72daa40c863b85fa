/*
 * held_walk.h - the pools that the program's roots lead to, found by one walk of them, for who
 * wants nothing to be marked.
 *
 * Reads with care: as the program ends, or is attached to, its tree may be broken. By who is the
 * only thread, or has stopped all others. All that it needs is mapped for it. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_HELD_WALK_H
#define PRELOAD_HOOKS_HELD_WALK_H

#include "preload/hooks/pool_system.h"
#include "preload/hooks/program_memory.h"

struct held_walk {
    struct walk walk;
    struct program_memory memory;
    size_t size; /* bytes of all of it, with the walk's own room behind */
};

/* Where pools may lie that no tree leads to, as who attaches tells. */
struct held_search {
    struct scratch *scratch;
    const struct control_mapping *mappings;
    size_t count;
};

/*
 * Walks the pools of SYSTEM, whose image is loaded: MOST, about, at least. With SEARCH, not
 * NULL, those are searched for, too, that no tree leads to, where the layout tells how. NULL: no
 * layout is known, or there is no memory. To be ended with held_walk_end().
 */
struct held_walk *held_walk_take(const struct pool_system *system, uint32_t most,
                                 const struct held_search *search);
void held_walk_end(struct held_walk *held);

/* Whether pools of SYSTEM are searched for. */
bool held_walk_searches(const struct pool_system *system);

#endif
