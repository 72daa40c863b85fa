/*
 * slots_memory.h - the pages of slots (slots.h): one for each, and one that cannot be touched
 * between two. They are mapped in rows, when they are needed, and can be used then: whoever takes a
 * slot asks the kernel for nothing.
 *
 * For slots.c, under its lock. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_SLOTS_MEMORY_H
#define PRELOAD_GUARD_SLOTS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLOTS_PAGE 4096u

/* Room for as many items of SIZE bytes, zeroed, as there can be slots. How many these are follows
 * from how many mappings the kernel lets a process have: opens a file, before main. NULL: none. */
void *slots_memory_setup(bool all, size_t size);
void slots_memory_forked(void);

/* How many slots have their pages by now, from the first on. Anybody may ask. */
uint32_t slots_memory_ready(void);

/* Slot NUMBER, those before it being ready, is so from here on. False: there may be no more, or
 * there is no memory. */
bool slots_memory_reach(uint32_t number);

uint64_t slots_memory_page(uint32_t number);

/* Where all of them are. */
extern uint64_t slots_memory_low, slots_memory_high;

/* May ADDRESS be there? Most are nowhere near. Anybody may ask. */
static inline bool slots_memory_may_have(uint64_t address)
{
    return address >= slots_memory_low && address < slots_memory_high;
}

/* ADDRESS is in the page of slot *NUMBER or *BETWEEN that and the one before. False: in neither. */
bool slots_memory_find(uint64_t address, uint32_t *number, bool *between);

/* Does slot NUMBER lie next to the one before? */
bool slots_memory_follows(uint32_t number);

/* The page at PAGE can be touched. What is from FIRST to before END cannot, nor can the pages
 * around that of slot NUMBER. */
bool slots_memory_open(uint64_t page);
void slots_memory_close(uint64_t first, uint64_t end);
void slots_memory_fence(uint32_t number);

/* All can be touched, those between them, too. */
void slots_memory_open_all(void);

#endif
