/* alike.c - young pools that took much; see alike.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/alike.h"

#define WINDOW 16 /* slots tried */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

uint64_t alike_key(const struct young_pools *young, const struct young_pool *pool, uint64_t parent)
{
    const struct young_looks *looks = &young->looks[pool->looks];
    uint64_t key = mix(mix(pool->created, parent), (uint64_t)pool->first << 32 | pool->name);
    key = mix(key, (uint64_t)pool->allocations << 32 | pool->bytes);
    for (unsigned i = 0; i < looks->count; i++) {
        const struct young_look *look = &looks->items[i];
        key = mix(mix(key, look->stack), (uint64_t)look->count << 32 | look->bytes);
    }
    return key ? key : 1;
}

static uint32_t slot_of(uint64_t key, uint32_t i)
{
    return ((uint32_t)(key >> 32) + i) % ALIKES;
}

uint32_t alike_find(const struct young_alikes *alikes, uint64_t key)
{
    for (uint32_t i = 0; i < WINDOW; i++) {
        const uint32_t slot = slot_of(key, i);
        if (alikes->items[slot].key == key)
            return slot + 1;
    }
    return 0;
}

uint32_t alike_add(struct young_alikes *alikes, uint64_t key)
{
    for (uint32_t i = 0; i < WINDOW; i++) {
        const uint32_t slot = slot_of(key, i);
        if (alikes->items[slot].key)
            continue;
        alikes->items[slot].key = key;
        return slot + 1;
    }
    return 0;
}

void alike_count(struct young_alikes *alikes, uint32_t number, uint32_t unit)
{
    struct young_alike *alike = &alikes->items[number - 1];
    alike->unit = unit;
    if (alike->count++ > 0)
        return;
    alike->next = alikes->pending;
    alikes->pending = number;
}

uint32_t alike_take(struct young_alikes *alikes)
{
    const uint32_t number = alikes->pending;
    if (number)
        alikes->pending = alikes->items[number - 1].next;
    return number;
}
