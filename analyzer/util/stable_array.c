/* stable_array.c - an array whose items never move; see stable_array.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/stable_array.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

_Static_assert(STABLE_FIRST == 1 << STABLE_FIRST_AT, "the same number twice");

void *stable_array_put(struct stable_array *array, size_t index, size_t size)
{
    void *item = stable_array_get(array, index, size);
    if (item)
        return item;
    size_t place = index + STABLE_FIRST;
    unsigned part = (unsigned)(STABLE_BITS - (size_t)__builtin_clzl(place)) - STABLE_FIRST_AT;
    void *items = xcalloc((size_t)STABLE_FIRST << part, size);
    __atomic_store_n(&array->parts[part], items, __ATOMIC_RELEASE);
    return stable_array_get(array, index, size);
}

void stable_array_free(struct stable_array *array)
{
    for (unsigned part = 0; part < STABLE_PARTS; part++)
        free(array->parts[part]);
    *array = (struct stable_array){0};
}
