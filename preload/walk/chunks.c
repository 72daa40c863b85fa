/*
 * chunks.c - what lies in a block of a system that can take back a single allocation: free chunks,
 * by what their headers say, or by lists of them. They keep what was in them, which is nobody's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/walk/internal.h"

#define CHUNK_MAX (UINT64_C(1) << 46) /* bytes */

/* The bytes that the chunk whose header is at AT, in a block in use up to USED, gives. 0: it does
 * not look like one. */
static uint64_t chunk_bytes(struct walk *walk, const struct api_chunks *chunks, uint64_t at,
                            uint64_t used)
{
    uint64_t word, bytes;
    if (chunks->external && walk_memory_word(walk->memory, at, &word) &&
        word >> chunks->external & 1)
        return used - at - chunks->size;
    if (!walk_field(walk, &chunks->bytes, at, &bytes))
        return 0;
    if (chunks->unit)
        bytes = bytes < 40 ? (uint64_t)chunks->unit << bytes : 0;
    return bytes < CHUNK_MAX ? bytes : 0;
}

void walk_chunks(struct walk *walk, struct walk_pool *pool, uint64_t data, uint64_t used)
{
    const struct api_chunks *chunks = &walk_layout(walk, pool)->chunks;
    uint64_t owner;
    if (chunks->bytes.base == API_BASE_NONE)
        return;
    for (uint64_t at = data; used - at >= chunks->size; pool->chunks++) {
        const uint64_t bytes = chunk_bytes(walk, chunks, at, used);
        if (bytes == 0 || bytes > used - at - chunks->size) {
            pool->flags |= WALK_BROKEN;
            return;
        }
        if (chunks->owner != API_NOWHERE &&
            walk_memory_word(walk->memory, at + chunks->owner, &owner) && owner != pool->at) {
            walk_add_hole(walk, at, at + chunks->size + bytes);
            pool->free_chunks++;
            pool->used -= bytes;
        }
        pool->used -= chunks->size;
        at += chunks->size + bytes;
    }
}

static void add_list(struct walk *walk, struct walk_pool *pool, uint64_t first, uint64_t bytes)
{
    const struct api_chunks *chunks = &walk_layout(walk, pool)->chunks;
    uint64_t next;
    for (uint64_t at = first; at; at = next) {
        if (walk->hole_count == walk->hole_max) { /* a list in a circle ends here, too */
            walk->lost.holes++;
            return;
        }
        if (!walk_memory_word(walk->memory, at + chunks->next, &next)) {
            pool->flags |= WALK_BROKEN;
            return;
        }
        walk_add_hole(walk, at, at + chunks->size + bytes);
        pool->free_chunks++;
        pool->used -= bytes < pool->used ? bytes : pool->used;
    }
}

void walk_free_chunks(struct walk *walk, struct walk_pool *pool)
{
    const struct api_chunks *chunks = &walk_layout(walk, pool)->chunks;
    uint64_t first;
    for (uint32_t i = 0; chunks->lists != API_NOWHERE && i < chunks->classes; i++) {
        const uint64_t holder = pool->at + chunks->lists + i * sizeof(uint64_t);
        if (walk_memory_word(walk->memory, holder, &first) && first)
            add_list(walk, pool, first, (uint64_t)chunks->unit << i);
    }
}
