/* alike.c - findings about pools of which one stands for many; see alike.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/alike.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

void alikes_note(struct alikes *alikes, uint32_t number, const struct alike *alike)
{
    GROW(alikes->items, alikes->count, alikes->capacity);
    alikes->items[alikes->count++] = *alike;
    uint32_t *first = keymap_put(&alikes->first, number);
    if (!*first)
        *first = (uint32_t)alikes->count;
    ++*keymap_put(&alikes->counts, number);
}

const struct alike *alikes_of(const struct alikes *alikes, uint64_t number, uint32_t *count)
{
    const uint32_t first = keymap_get(&alikes->first, number);
    *count = keymap_get(&alikes->counts, number);
    return first ? &alikes->items[first - 1] : NULL;
}

void alikes_free(struct alikes *alikes)
{
    free(alikes->items);
    keymap_free(&alikes->first);
    keymap_free(&alikes->counts);
}
