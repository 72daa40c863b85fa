/* internal.h - what the files of the walk share. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_WALK_INTERNAL_H
#define PRELOAD_WALK_INTERNAL_H

#include "preload/walk/walk.h"

/* Adds ADDRESS to the set of those seen. False: it was there, or there is no room. */
bool walk_see(struct walk *walk, uint64_t address);

/* The number that FIELD tells of a pool, block or chunk at BASE. False: it cannot be read. */
bool walk_field(struct walk *walk, const struct api_field *field, uint64_t base, uint64_t *value);

/* NULL: there is no room. */
struct walk_extent *walk_add_extent(struct walk *walk, uint32_t pool, enum walk_kind kind);

void walk_add_hole(struct walk *walk, uint64_t begin, uint64_t end);

/* Which layout the pool at AT has. False: none that is known. */
bool walk_kind(struct walk *walk, uint64_t at, uint8_t *kind);

/* Does memory from AT to END hold a pool with a type, and behind its header its first block, which
 * is empty? What was ended may be kept like that, to be used again: what it held is nobody's. */
bool walk_is_empty_pool(struct walk *walk, uint64_t at, uint64_t end);

/* Adds the extents of pool number POOL, its holes, and its allocator's free blocks. */
void walk_blocks(struct walk *walk, uint32_t pool);

/* Adds the holes in a block of POOL whose data begin at DATA and are in use up to USED. */
void walk_chunks(struct walk *walk, struct walk_pool *pool, uint64_t data, uint64_t used);

/* Adds the holes that POOL's lists of free chunks tell. */
void walk_free_chunks(struct walk *walk, struct walk_pool *pool);

static inline const struct api_layout *walk_layout(const struct walk *walk,
                                                   const struct walk_pool *pool)
{
    return walk->layouts[pool->kind];
}

#endif
