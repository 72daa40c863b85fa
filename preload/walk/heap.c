/*
 * heap.c - glibc's main heap, chunk by chunk: what malloc() has given out and not got back. What is
 * free keeps its last contents, which refer to nothing any more. Nothing here is promised by glibc:
 * from where it looks otherwise, everything counts as given out.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/walk/heap.h"

#define CHUNK_HEADER  16u
#define CHUNK_FLAGS   7u
#define IN_USE_BEFORE 1u /* in the size of a chunk: the one before it was given out */
#define CHUNK_MIN     32u
#define CHUNK_ALIGN   16u
/* The first chunk: what each thread's cache holds, 64 counts and 64 lists, since glibc 2.30. */
#define CACHE_SIZE  0x290u
#define CACHE_BINS  64
#define CACHE_LISTS (CHUNK_HEADER + CACHE_BINS * sizeof(uint16_t))
#define SAFE_SHIFT  12 /* of a list's links: each is mixed with its own address */

/* The free chunks that the thread's cache holds say that they are in use. */
struct cache {
    uint64_t chunks[WALK_CACHE_MAX]; /* sorted */
    unsigned count;
};

static void cache_add(struct cache *cache, uint64_t chunk)
{
    unsigned at = cache->count++;
    for (; at > 0 && cache->chunks[at - 1] > chunk; at--)
        cache->chunks[at] = cache->chunks[at - 1];
    cache->chunks[at] = chunk;
}

static bool cache_has(const struct cache *cache, uint64_t chunk)
{
    unsigned low = 0, high = cache->count;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (cache->chunks[middle] < chunk)
            low = middle + 1;
        else
            high = middle;
    }
    return low < cache->count && cache->chunks[low] == chunk;
}

static void read_cache(struct walk_memory *memory, uint64_t begin, uint64_t end,
                       struct cache *cache)
{
    uint64_t size, at, link;
    uint16_t counts[CACHE_BINS];
    cache->count = 0;
    if (!walk_memory_word(memory, begin + 8, &size) ||
        (size & ~(uint64_t)CHUNK_FLAGS) != CACHE_SIZE ||
        !walk_memory_copy(memory, begin + CHUNK_HEADER, counts, sizeof(counts)))
        return;
    for (unsigned bin = 0; bin < CACHE_BINS; bin++) {
        if (!walk_memory_word(memory, begin + CACHE_LISTS + bin * sizeof(at), &at))
            return;
        for (unsigned i = 0; i < counts[bin] && cache->count < WALK_CACHE_MAX; i++) {
            if (at < begin || at >= end || !walk_memory_word(memory, at, &link))
                break;
            cache_add(cache, at - CHUNK_HEADER);
            at = link ^ at >> SAFE_SHIFT;
        }
    }
}

/* The size of the chunk at AT, with its flags. 0: there is none that ends before END. */
static uint64_t chunk_at(struct walk_memory *memory, uint64_t at, uint64_t end)
{
    uint64_t word;
    if (end - at < CHUNK_HEADER || !walk_memory_word(memory, at + 8, &word))
        return 0;
    const uint64_t size = word & ~(uint64_t)CHUNK_FLAGS;
    return size >= CHUNK_MIN && size % CHUNK_ALIGN == 0 && size <= end - at ? word : 0;
}

bool walk_is_heap(struct walk_memory *memory, uint64_t begin, uint64_t end)
{
    const uint64_t first = chunk_at(memory, begin, end) & ~(uint64_t)CHUNK_FLAGS;
    return first > 0 && (begin + first == end || chunk_at(memory, begin + first, end));
}

void walk_heap(struct walk_memory *memory, uint64_t begin, uint64_t end, walk_given *given,
               void *data)
{
    struct cache cache;
    uint64_t at = begin;
    read_cache(memory, begin, end, &cache);
    while (at < end) {
        const uint64_t size = chunk_at(memory, at, end) & ~(uint64_t)CHUNK_FLAGS;
        const uint64_t next = at + size;
        if (size == 0) {
            given(data, at, end, false);
            return;
        }
        if (next == end) /* the top, which has not been given out yet */
            return;
        const uint64_t after = chunk_at(memory, next, end);
        const bool in_use = after == 0 || after & IN_USE_BEFORE;
        if (in_use && !cache_has(&cache, at)) /* what is given out has a word of the next chunk */
            given(data, at + CHUNK_HEADER, next + 8, true);
        at = next;
    }
}
