/* pool_memory.c - memory for tests of the walk (pool_memory.h). */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/pool_memory.h"

#include "preload/api/builtin.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

void pool_memory_clear(struct pool_memory *memory, uint64_t start)
{
    memset(memory, 0, sizeof(*memory));
    memory->next = MEMORY_BASE + start;
}

size_t pool_memory_read(void *from, uint64_t address, void *to, size_t size)
{
    struct pool_memory *memory = from;
    if (address < MEMORY_BASE || address >= MEMORY_END)
        return 0;
    if (size > MEMORY_END - address)
        size = MEMORY_END - address;
    memcpy(to, (char *)memory->words + (address - MEMORY_BASE), size);
    memory->reads += size;
    return size;
}

const void *pool_memory_view(void *from, uint64_t address, size_t *size)
{
    struct pool_memory *memory = from;
    if (address < MEMORY_BASE || address >= MEMORY_END)
        return NULL;
    if (*size > MEMORY_END - address)
        *size = MEMORY_END - address;
    return (char *)memory->words + (address - MEMORY_BASE);
}

uint64_t *pool_memory_word(struct pool_memory *memory, uint64_t address)
{
    cr_assert(address >= MEMORY_BASE && address < MEMORY_END);
    return &memory->words[(address - MEMORY_BASE) / 8];
}

uint64_t pool_memory_block(struct pool_memory *memory, uint64_t size, uint64_t used)
{
    const uint64_t block = memory->next;
    memory->next += BLOCK_SIZE + size;
    *pool_memory_word(memory, block) = block + BLOCK_SIZE + size;
    *pool_memory_word(memory, block + 0x10) = block + BLOCK_SIZE + used;
    return block;
}

uint64_t pool_memory_pool(struct pool_memory *memory, uint64_t parent, uint64_t size, uint64_t used)
{
    const uint64_t block = pool_memory_block(memory, size, POOL_SIZE + used);
    const uint64_t pool = block + BLOCK_SIZE;
    *pool_memory_word(memory, pool) = block;
    if (!parent)
        return pool;
    *pool_memory_word(memory, pool + PARENT) = parent;
    *pool_memory_word(memory, pool + SIBLING) = *pool_memory_word(memory, parent + CHILDREN);
    *pool_memory_word(memory, parent + CHILDREN) = pool;
    return pool;
}

void pool_memory_api(const char *name, struct api *api)
{
    const struct builtin_api *builtin;
    struct api_error error;
    for (size_t i = 0; (builtin = builtin_api(i)); i++) {
        if (strcmp(builtin->name, name) == 0)
            cr_assert(
                api_parse(builtin->text, (size_t)(builtin->end - builtin->text), api, &error));
    }
}

void pool_memory_begin(struct walk *walk, struct pool_memory *memory, const struct api *api,
                       uint32_t pools)
{
    void *room = calloc(1, walk_room(pools));
    cr_assert_not_null(room);
    walk_begin(walk, room, pools, pool_memory_read, memory);
    for (unsigned i = 0; api_layout(api, i); i++)
        walk_add_layout(walk, api_layout(api, i));
}

void pool_memory_end(struct walk *walk)
{
    free(walk->memory); /* the first thing in the room */
}
