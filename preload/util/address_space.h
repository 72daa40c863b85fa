/*
 * address_space.h - how much of the program's address space the recorder may take.
 *
 * A program that limits its address space (RLIMIT_AS) leaves the recorder a quarter of that. The
 * limit may come at any time, and from outside: it is asked before each mapping. What is mapped by
 * then stays, so mappings are small, and made when they are needed.
 *
 * Async-signal-safe; errno stays.
 */
#ifndef PRELOAD_UTIL_ADDRESS_SPACE_H
#define PRELOAD_UTIL_ADDRESS_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* May SIZE bytes more be mapped? Then they count as taken, until they are given back. */
bool address_space_take(size_t size);
void address_space_give_back(size_t size);

/* Anonymous memory of SIZE bytes, all zero, that nothing is reserved for; NULL: there is none. */
void *address_space_map(size_t size);
void address_space_unmap(void *start, size_t size);

#endif
