/*
 * pool_memory.h - memory for tests of the walk: words at addresses of its own, in which pools are
 * laid out as ProFTPD's are. Nothing is read but by pool_memory_read().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_SUPPORT_POOL_MEMORY_H
#define TESTS_UNIT_SUPPORT_POOL_MEMORY_H

#include "preload/api/pool_api.h"
#include "preload/walk/walk.h"

#include <stddef.h>
#include <stdint.h>

#define MEMORY_BASE  UINT64_C(0x555500000000)
#define MEMORY_WORDS 65536
#define MEMORY_END   (MEMORY_BASE + MEMORY_WORDS * 8)

/* Offsets in a pool, and in a block, as in the built-in description. */
enum { POOL_SIZE = 0x48, BLOCK_SIZE = 0x20, CHILDREN = 0x18, SIBLING = 0x20, PARENT = 0x30 };

struct pool_memory {
    uint64_t words[MEMORY_WORDS];
    uint64_t next;  /* address that is free */
    uint64_t reads; /* bytes, so far */
};

/* Empty; what is placed begins at MEMORY_BASE + START. */
void pool_memory_clear(struct pool_memory *memory, uint64_t start);

/* walk_read() of a struct pool_memory. */
size_t pool_memory_read(void *memory, uint64_t address, void *to, size_t size);

/* walk_view() of one. */
const void *pool_memory_view(void *memory, uint64_t address, size_t *size);

uint64_t *pool_memory_word(struct pool_memory *memory, uint64_t address);

/* A block with room for SIZE bytes, USED of them in use. Returns its address. */
uint64_t pool_memory_block(struct pool_memory *memory, uint64_t size, uint64_t used);

/* A pool below PARENT, 0: none, with USED bytes in its one block of SIZE. Returns its address. */
uint64_t pool_memory_pool(struct pool_memory *memory, uint64_t parent, uint64_t size,
                          uint64_t used);

/* Where the data of that pool begin. */
static inline uint64_t pool_memory_data(uint64_t pool)
{
    return pool + POOL_SIZE;
}

/* Parses the built-in description NAME. */
void pool_memory_api(const char *name, struct api *api);

/* A walk of MEMORY by API's first layout, in a room for POOLS that pool_memory_end() frees. */
void pool_memory_begin(struct walk *walk, struct pool_memory *memory, const struct api *api,
                       uint32_t pools);
void pool_memory_end(struct walk *walk);

#endif
