/* memory.c - copies of the pages that were read last (memory.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/memory.h"

#include <string.h>

static const unsigned char *copy_page(struct walk_memory *memory, uint64_t page)
{
    const unsigned i = page / WALK_PAGE % WALK_PAGES;
    if (memory->pages[i] == page + 1)
        return memory->bytes[i];
    const bool read = memory->read(memory->from, page, memory->bytes[i], WALK_PAGE) == WALK_PAGE;
    memory->pages[i] = read ? page + 1 : 0;
    return read ? memory->bytes[i] : NULL;
}

/* SIZE bytes at ADDRESS as they lie there; NULL: not all of them do. */
static const void *view(struct walk_memory *memory, uint64_t address, size_t size)
{
    size_t there = size;
    const void *at = memory->view ? memory->view(memory->from, address, &there) : NULL;
    return there == size ? at : NULL;
}

const unsigned char *walk_memory_page(struct walk_memory *memory, uint64_t page)
{
    return view(memory, page, WALK_PAGE);
}

bool walk_memory_copy(struct walk_memory *memory, uint64_t address, void *to, size_t size)
{
    unsigned char *next = to;
    if (size > WALK_PAGE || address > UINT64_MAX - size)
        return false;
    const void *there = view(memory, address, size);
    if (there) {
        memcpy(to, there, size);
        return true;
    }
    while (size > 0) {
        const unsigned char *page = copy_page(memory, address & ~(uint64_t)(WALK_PAGE - 1));
        size_t offset = address % WALK_PAGE, length = WALK_PAGE - offset;
        if (!page)
            return false;
        if (length > size)
            length = size;
        memcpy(next, page + offset, length);
        next += length;
        address += length;
        size -= length;
    }
    return true;
}

bool walk_memory_word(struct walk_memory *memory, uint64_t address, uint64_t *word)
{
    if (address % sizeof(*word) != 0)
        return false;
    const void *there = view(memory, address, sizeof(*word));
    if (!there) {
        const unsigned char *page = copy_page(memory, address & ~(uint64_t)(WALK_PAGE - 1));
        there = page ? page + address % WALK_PAGE : NULL;
    }
    if (there)
        memcpy(word, there, sizeof(*word));
    return there != NULL;
}
