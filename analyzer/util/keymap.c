/* keymap.c - 64-bit keys to 32-bit values, for look-ups once an event; see keymap.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/keymap.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

_Thread_local int64_t keymap_entries;

static size_t home(const struct keymap *map, uint64_t key)
{
    return (size_t)keyed_mix(key, 0) & map->mask;
}

static void grow(struct keymap *map)
{
    struct keymap old = *map;
    size_t capacity = old.entries ? 2 * (old.mask + 1) : FIRST_CAPACITY;
    map->entries = xcalloc(capacity, sizeof *map->entries);
    map->mask = capacity - 1;
    for (size_t i = 0; old.entries && i <= old.mask; i++) {
        if (old.entries[i].key)
            *keymap_probe(map, old.entries[i].key) = old.entries[i];
    }
    free(old.entries);
}

uint32_t *keymap_put(struct keymap *map, uint64_t key)
{
    if (!map->entries || 2 * map->count > map->mask)
        grow(map);
    struct keymap_entry *entry = keymap_probe(map, key);
    if (!entry->key) {
        entry->key = key;
        map->count++;
        keymap_entries++;
    }
    return &entry->value;
}

void keymap_remove(struct keymap *map, uint64_t key)
{
    if (!map->entries || !keymap_probe(map, key)->key)
        return;
    size_t hole = (size_t)(keymap_probe(map, key) - map->entries);
    /* Later entries of the same run move up where the hole would cut them off from home. */
    for (size_t i = (hole + 1) & map->mask; map->entries[i].key; i = (i + 1) & map->mask) {
        size_t distance = (i - home(map, map->entries[i].key)) & map->mask;
        if (distance >= ((i - hole) & map->mask)) {
            map->entries[hole] = map->entries[i];
            hole = i;
        }
    }
    map->entries[hole] = (struct keymap_entry){0};
    map->count--;
    keymap_entries--;
}

void keymap_copy(struct keymap *to, const struct keymap *from)
{
    *to = *from;
    if (!from->entries)
        return;
    to->entries = xreallocarray(NULL, from->mask + 1, sizeof *to->entries);
    memcpy(to->entries, from->entries, (from->mask + 1) * sizeof *to->entries);
    keymap_entries += (int64_t)to->count;
}

void keymap_free(struct keymap *map)
{
    free(map->entries);
    keymap_entries -= (int64_t)map->count;
    *map = (struct keymap){0};
}
