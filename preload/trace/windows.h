/*
 * windows.h - the parts of the trace's file that are mapped.
 *
 * The file is as long as it may become, and its descriptor is closed. Mapping all of it would take
 * address space that the program may have to do without: it is mapped in windows, one after the
 * other, each from the one before it. Nothing in a window is accessible until it is claimed, so
 * that a program that locks its memory locks no hole.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_WINDOWS_H
#define PRELOAD_TRACE_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Maps the first window of the file FD of LIMIT bytes; NULL: there is no room. It is the only one
 * that is mapped from a descriptor.
 */
void *windows_begin(int fd, uint64_t limit);

/*
 * Where SIZE bytes at OFFSET of the file are mapped, at most TRACE_BLOCK_MAX; NULL: there is no
 * room for the window that they are in. Async-signal-safe, for several threads; errno stays.
 */
void *windows_map(uint64_t offset, size_t size);

/* Bytes at the beginning of the file that are mapped from the start, with nothing of the next
 * window needed; 0: there is none. */
uint64_t windows_first_size(void);

/* All windows go: as if nothing had been mapped. */
void windows_end(void);

/*
 * In a forked child, which has none of them: they are forgotten. With KEEP_ADDRESSES there is
 * memory in their place, for who was interrupted and writes on.
 */
void windows_forget(bool keep_addresses);

#endif
