/*
 * mark.h - which pools something in use refers to: conservatively, as a garbage collector marks.
 *
 * After walk_sort(): walk_mark_*() for all that the program refers from, then walk_spread(), then
 * walk_judge(). What lies in an extent is left out of all ranges; stale words elsewhere only hide.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_WALK_MARK_H
#define PRELOAD_WALK_MARK_H

#include "preload/walk/walk.h"

enum walk_roots {
    WALK_STATIC, /* variables: what refers to a free block there is told */
    WALK_OTHER   /* stacks and heaps */
};

/* What lies from BEGIN to END, rounded inwards to words. */
void walk_mark_range(struct walk *walk, uint64_t begin, uint64_t end, enum walk_roots roots);

/* The same of a heap of glibc's malloc() that begins at BEGIN, without its free chunks. */
void walk_mark_heap(struct walk *walk, uint64_t begin, uint64_t end);

/* WORDS that are in registers. */
void walk_mark_words(struct walk *walk, const uint64_t *words, size_t count);

/* What the pools that were reached refer to, and what those do. */
void walk_spread(struct walk *walk);

struct walk_verdict {
    uint32_t reached, kept, unreachable, upper; /* pools */
    uint64_t held;                              /* bytes, by those unreachable */
};

/* Sets the flags that tell what is unreachable. */
struct walk_verdict walk_judge(struct walk *walk);

/*
 * The second opinion: when walk_judge() has found something,
 * this takes the verdict back. Then all is to be marked, spread and judged again, what the program
 * may only read, too. References are looked for at each byte, as packed structures have them, and
 * what stands in the highest bits of a word, as programs mark their pointers, does not count.
 */
void walk_doubt(struct walk *walk);

#endif
