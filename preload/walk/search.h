/* search.h - pools that no tree leads to, found in memory by what the description checks of each.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_WALK_SEARCH_H
#define PRELOAD_WALK_SEARCH_H

#include "preload/walk/walk.h"

/*
 * Adds the pools between BEGIN and END by the checks of the first layout, which has some, or
 * nothing is added. `writable` of WALK must be set. In a HEAP of glibc's malloc() a pool is where
 * an allocation begins; elsewhere, and where there is a magic, at any multiple of 16. Before
 * walk_sort().
 */
void walk_search(struct walk *walk, uint64_t begin, uint64_t end, bool heap);

/* Where the layout tells a magic: which it is, by the pools between BEGIN and END that have others
 * below them. For all memory, before walk_search(). */
void walk_find_magic(struct walk *walk, uint64_t begin, uint64_t end);

#endif
