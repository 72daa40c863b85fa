/*
 * stable_array.h - an array whose items never move: they may be read while another thread adds
 * some. Adding is for one thread at a time. A zeroed struct is an empty array.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_STABLE_ARRAY_H
#define ANALYZER_UTIL_STABLE_ARRAY_H

#include <stddef.h>

#define STABLE_FIRST    64 /* items of the first part; each of the others has twice the one before */
#define STABLE_PARTS    32
#define STABLE_BITS     (8 * sizeof(unsigned long) - 1)
#define STABLE_FIRST_AT 6 /* STABLE_FIRST as a power of two */

struct stable_array {
    void *parts[STABLE_PARTS];
};

/* Item INDEX of SIZE bytes, the same for all of an array; NULL: there was no room made for it. */
static inline void *stable_array_get(const struct stable_array *array, size_t index, size_t size)
{
    size_t place = index + STABLE_FIRST;
    unsigned part = (unsigned)(STABLE_BITS - (size_t)__builtin_clzl(place)) - STABLE_FIRST_AT;
    char *items = __atomic_load_n(&array->parts[part], __ATOMIC_ACQUIRE);
    return items ? items + (place - ((size_t)STABLE_FIRST << part)) * size : NULL;
}

/* The same, with room made for it, zeroed. INDEX is below 2^37. */
void *stable_array_put(struct stable_array *array, size_t index, size_t size);

void stable_array_free(struct stable_array *array);

#endif
