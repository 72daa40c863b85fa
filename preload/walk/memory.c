/* memory.c - copies of the pages that were read last (memory.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/walk/memory.h"

static const unsigned char *copy_page(struct walk_memory *memory, uint64_t page)
{
    const unsigned i = page / WALK_PAGE % WALK_PAGES;
    if (memory->pages[i] == page + 1)
        return memory->bytes[i];
    const bool read = memory->read(memory->from, page, memory->bytes[i], WALK_PAGE) == WALK_PAGE;
    memory->pages[i] = read ? page + 1 : 0;
    return read ? memory->bytes[i] : NULL;
}

void walk_memory_set_view(struct walk_memory *memory, walk_view *view)
{
    memory->view = view;
    memory->seen_size = 0;
}

/* SIZE bytes at ADDRESS as they lie there; NULL: not all of them do. */
static const void *view(struct walk_memory *memory, uint64_t address, size_t size)
{
    size_t there = size;
    const void *at = memory->view ? memory->view(memory->from, address, &there) : NULL;
    return at && there >= size ? at : NULL;
}

/* From the page of ADDRESS on: what is asked for next often lies a bit before. */
static bool see(struct walk_memory *memory, uint64_t address)
{
    size_t there = WALK_PAGE;
    const uint64_t page = address & ~(uint64_t)(WALK_PAGE - 1);
    const unsigned char *at = memory->view ? memory->view(memory->from, page, &there) : NULL;
    there &= ~(sizeof(uint64_t) - 1);
    if (!at || address - page >= there)
        return false;
    memory->seen = page;
    memory->seen_size = there;
    memory->seen_at = at;
    return true;
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

bool walk_memory_find_word(struct walk_memory *memory, uint64_t address, uint64_t *word)
{
    if (address % sizeof(*word) != 0)
        return false;
    if (see(memory, address)) {
        memcpy(word, memory->seen_at + (address - memory->seen), sizeof(*word));
        return true;
    }
    const void *there = view(memory, address, sizeof(*word));
    if (!there) {
        const unsigned char *page = copy_page(memory, address & ~(uint64_t)(WALK_PAGE - 1));
        there = page ? page + address % WALK_PAGE : NULL;
    }
    if (there)
        memcpy(word, there, sizeof(*word));
    return there != NULL;
}
