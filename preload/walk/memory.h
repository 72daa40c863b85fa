/*
 * memory.h - another's memory, or one's own that may change or go away meanwhile: read by a
 * function that the caller gives, never by a pointer, so that nothing there can fault.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_WALK_MEMORY_H
#define PRELOAD_WALK_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WALK_PAGE  4096u
#define WALK_PAGES 512

/* Copies up to SIZE bytes from ADDRESS on; returns how many there were. */
typedef size_t walk_read(void *from, uint64_t address, void *to, size_t size);

/* Where the memory at ADDRESS lies, for reading without a copy: *SIZE, the bytes that are wanted,
 * becomes how many do, which may be more. NULL: it does not. It does not change or go away while
 * the walk lasts, and a multiple of 8 lies at one. */
typedef const void *walk_view(void *from, uint64_t address, size_t *size);

/* The memory as walk_read() gives it, with copies of the pages that were read last. */
struct walk_memory {
    walk_read *read;
    walk_view *view; /* asked first; or NULL */
    void *from;
    uint64_t seen; /* what was viewed last: whole words */
    size_t seen_size;
    const unsigned char *seen_at;
    uint64_t pages[WALK_PAGES]; /* where each copy is from, + 1; 0: it is none */
    unsigned char bytes[WALK_PAGES][WALK_PAGE];
};

/* SIZE bytes, at most WALK_PAGE. False: they are not there, all of them. */
bool walk_memory_copy(struct walk_memory *memory, uint64_t address, void *to, size_t size);

/* The WALK_PAGE bytes at PAGE as they lie there, for as long as walk_view() says; NULL: they do
 * not, and can only be copied. */
const unsigned char *walk_memory_page(struct walk_memory *memory, uint64_t page);

/* VIEW, or NULL, is asked from now on. */
void walk_memory_set_view(struct walk_memory *memory, walk_view *view);

/* Where SIZE bytes from ADDRESS on lie, if they are part of what was viewed last; else NULL. */
static inline const unsigned char *walk_memory_seen(const struct walk_memory *memory,
                                                    uint64_t address, uint64_t size)
{
    const uint64_t offset = address - memory->seen;
    const bool in = offset < memory->seen_size && memory->seen_size - offset >= size;
    return in ? memory->seen_at + offset : NULL;
}

/* The way to a word that was not seen last. */
bool walk_memory_find_word(struct walk_memory *memory, uint64_t address, uint64_t *word);

/* 8 bytes; false: they are not there, or ADDRESS is no multiple of 8. */
static inline bool walk_memory_word(struct walk_memory *memory, uint64_t address, uint64_t *word)
{
    const uint64_t offset = address - memory->seen;
    if (offset >= memory->seen_size || address % sizeof(*word) != 0)
        return walk_memory_find_word(memory, address, word);
    memcpy(word, memory->seen_at + offset, sizeof(*word));
    return true;
}

#endif
