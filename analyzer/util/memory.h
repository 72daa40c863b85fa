/*
 * memory.h - allocation that never fails: when memory is out, the program ends with a message on
 * stderr and exit status 2. What is returned is ended with free().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_MEMORY_H
#define ANALYZER_UTIL_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* The program's end when memory is out; also for libraries that report it by a return value. */
__attribute__((noreturn)) void memory_exhausted(void);

/* As in the C library, but never NULL, for a size of 0 either. */
__attribute__((malloc, returns_nonnull)) void *xmalloc(size_t size);
__attribute__((malloc, returns_nonnull)) void *xcalloc(size_t count, size_t size);
__attribute__((returns_nonnull)) void *xrealloc(void *old, size_t size);

/* The same for COUNT items of SIZE bytes; a product beyond SIZE_MAX is memory exhausted. */
__attribute__((returns_nonnull)) void *xreallocarray(void *old, size_t count, size_t size);

/* Makes room for item number COUNT, from 0, of the array ITEMS, which has room for CAPACITY: twice
 * that where it is full. All three are lvalues; an empty array is NULL with a capacity of 0. */
#define GROW(items, count, capacity)                                                               \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) ? 2 * (capacity) : GROW_FIRST;                                 \
            (items) = xreallocarray((items), (capacity), sizeof(*(items)));                        \
        }                                                                                          \
    } while (0)
#define GROW_FIRST 16

/* The same of an array that is always as long as the power of two at or above COUNT. */
#define GROW_TO_POWER(items, count)                                                                \
    do {                                                                                           \
        if (((count) & ((count)-1)) == 0)                                                          \
            (items) = xreallocarray((items), (count) ? 2 * (size_t)(count) : 1, sizeof(*(items))); \
    } while (0)

__attribute__((malloc, returns_nonnull)) char *xstrdup(const char *text);

/* At most LENGTH bytes of TEXT, which need not be terminated then. */
__attribute__((malloc, returns_nonnull)) char *xstrndup(const char *text, size_t length);

/* The text that FORMAT makes; the caller frees it. */
__attribute__((malloc, returns_nonnull, format(printf, 1, 2))) char *xasprintf(const char *format,
                                                                               ...);
__attribute__((malloc, returns_nonnull, format(printf, 1, 0))) char *xvasprintf(const char *format,
                                                                                va_list arguments);

#endif
