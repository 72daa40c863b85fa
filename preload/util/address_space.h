/*
 * address_space.h - how much of the program's address space the recorder may take.
 *
 * A program that limits its address space (RLIMIT_AS) leaves the recorder a quarter of that. The
 * limit may come at any time, and from outside: it is asked before each mapping. What is mapped by
 * then stays, so mappings are small, and made when they are needed.
 *
 * Async-signal-safe; errno stays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_ADDRESS_SPACE_H
#define PRELOAD_UTIL_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Once, before main: the recorder's own variables take no huge pages. */
void address_space_begin(void);

/* May SIZE bytes more be mapped? Then they count as taken, until they are given back. */
bool address_space_take(size_t size);
void address_space_give_back(size_t size);

/* Anonymous memory of SIZE bytes, all zero, that nothing is reserved for; NULL: there is none. */
void *address_space_map(size_t size);
void address_space_unmap(void *start, size_t size);

/* Whole pages of such memory, or of the recorder's variables, are zeros again, and given back where
 * that may be asked for. */
void address_space_wipe(void *start, size_t size);

/* What was mapped otherwise is the recorder's, too, as far as address_space_find() goes; and no
 * more. */
void address_space_note(uint64_t start, uint64_t size);
void address_space_forget(uint64_t start);

/* The mapping of the recorder, of those, that ends behind ADDRESS and before END, the one that
 * begins first: where it begins and ends. False: there is none. */
bool address_space_find(uint64_t address, uint64_t end, uint64_t *first, uint64_t *last);

#endif
