/*
 * keymap.h - 64-bit keys to 32-bit values, for look-ups once an event: open addressing with linear
 * probing. A zeroed struct is an empty map.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_KEYMAP_H
#define ANALYZER_UTIL_KEYMAP_H

#include "analyzer/util/keyed_hash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Entries that this thread put into maps, less those it took out: what there is in all its maps. */
extern _Thread_local int64_t keymap_entries;

struct keymap_entry {
    uint64_t key; /* 0: empty */
    uint32_t value;
};

struct keymap {
    struct keymap_entry *entries;
    size_t mask; /* entries - 1, a power of two less one */
    size_t count;
};

/* The value of KEY, which is not 0: 0 when it is new. Valid until the next call on the map. */
uint32_t *keymap_put(struct keymap *map, uint64_t key);

/* The entry of KEY, or the empty one where it would be; MAP has entries. */
static inline struct keymap_entry *keymap_probe(const struct keymap *map, uint64_t key)
{
    size_t i = (size_t)keyed_mix(key, 0) & map->mask;
    while (map->entries[i].key && map->entries[i].key != key)
        i = (i + 1) & map->mask;
    return &map->entries[i];
}

/* The value of KEY, 0 when it is not there. */
static inline uint32_t keymap_get(const struct keymap *map, uint64_t key)
{
    return map->entries ? keymap_probe(map, key)->value : 0;
}

#define KEYMAP_RECENT 16 /* a power of two */

/* Keys of one map that were asked for last; zeroed at first. */
struct keymap_recent {
    struct keymap_entry entries[KEYMAP_RECENT];
};

/* As keymap_get(), where what KEY has, once it has something, never changes. */
static inline uint32_t keymap_get_recent(const struct keymap *map, struct keymap_recent *recent,
                                         uint64_t key)
{
    struct keymap_entry *entry = &recent->entries[(key ^ key >> 32) % KEYMAP_RECENT];
    if (entry->key != key || entry->value == 0)
        *entry = (struct keymap_entry){key, keymap_get(map, key)};
    return entry->value;
}

void keymap_remove(struct keymap *map, uint64_t key);
/* Makes *TO, which is empty or not initialised, a copy of FROM. */
void keymap_copy(struct keymap *to, const struct keymap *from);

void keymap_free(struct keymap *map);

#endif
