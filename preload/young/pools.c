/* pools.c - pools that are not in the trace; see pools.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/pools.h"

#include "preload/util/address_space.h"

struct young_pools *young_map(void)
{
    return address_space_map(sizeof(struct young_pools));
}

void young_unmap(struct young_pools *young)
{
    address_space_unmap(young, sizeof(*young));
}

void young_wipe(struct young_pools *young)
{
    address_space_wipe(young, sizeof(*young));
}

static uint16_t take_number(struct young_pools *young)
{
    const uint16_t number = young->unused;
    if (number) {
        young->unused = young->pools[number].newer;
        return number;
    }
    if (young->limit == 0)
        young->limit = 1;
    return young->limit > YOUNG_POOLS ? 0 : young->limit++;
}

void young_objects_forget(struct young_pools *young, const struct young_pool *pool)
{
    struct young_more *more = &young->more[pool - young->pools];
    struct young_object *last = NULL;
    uint16_t number = more->first;
    for (uint16_t left = more->objects; number && left > 0; left--) {
        last = &young->objects[number];
        number = last->newer;
        young_object_unchain(young, last);
    }
    if (!last)
        return;
    last->newer = young->object_unused;
    young->object_unused = more->first;
    more->first = more->last = 0;
}

struct young_pool *young_add_apart(struct young_pools *young, uint64_t address)
{
    const uint16_t number = take_number(young);
    if (!number)
        return NULL;
    young->pools[number] = (struct young_pool){.address = address, .state = YOUNG_REFILLED};
    young->more[number] = (struct young_more){0};
    return &young->pools[number];
}

static void free_number(struct young_pools *young, struct young_pool *pool)
{
    pool->state = YOUNG_NONE;
    pool->newer = young->unused;
    young->unused = young_number(young, pool);
}

void young_remove_apart(struct young_pools *young, struct young_pool *pool)
{
    young_objects_forget(young, pool);
    free_number(young, pool);
}

struct young_pool *young_add(struct young_pools *young, uint64_t address)
{
    const uint32_t set = young_set(address);
    uint32_t place = set;
    while (place < set + YOUNG_WAYS && young->sets[place])
        place++;
    const bool fits = place < set + YOUNG_WAYS && address <= UINT64_MAX >> 16;
    const uint16_t number = fits ? take_number(young) : 0;
    if (!number)
        return NULL;
    struct young_pool *pool = &young->pools[number];
    *pool = (struct young_pool){
        .address = address, .state = YOUNG_LIVE, .look_at = (uint32_t)trace_looked_again(1)};
    young->more[number] = (struct young_more){0};
    young_link(young, pool, number);
    young->sets[place] = young_entry(address, number);
    return pool;
}

struct young_pool *young_in_the_way(struct young_pools *young, uint64_t address)
{
    const uint32_t set = young_set(address);
    struct young_pool *first = NULL;
    for (uint32_t i = set; i < set + YOUNG_WAYS; i++) {
        struct young_pool *pool = &young->pools[(uint16_t)young->sets[i]];
        if (!young->sets[i])
            return NULL;
        if (pool->state != YOUNG_LIVE && (!first || pool->serial < first->serial))
            first = pool;
    }
    return first;
}

/* NULL: there is no room. */
static struct young_looks *looks_of(struct young_pools *young, struct young_pool *pool)
{
    for (uint8_t i = 1; !pool->looks && i <= YOUNG_LIVE_MAX; i++) {
        if (young->looks[i].used)
            continue;
        young->looks[i] = (struct young_looks){.used = true};
        pool->looks = i;
    }
    return pool->looks ? &young->looks[pool->looks] : NULL;
}

bool young_look(struct young_pools *young, struct young_pool *pool, uint32_t stack, uint32_t bytes)
{
    struct young_looks *looks = looks_of(young, pool);
    unsigned i = 0;
    while (looks && i < looks->count && looks->items[i].stack != stack)
        i++;
    if (!looks || i == YOUNG_LOOKS)
        return false;
    if (i == looks->count)
        looks->items[looks->count++] = (struct young_look){.stack = stack};
    looks->items[i].count++;
    looks->items[i].bytes += bytes;
    return true;
}

bool young_wait(struct young_pools *young, const struct young_waiting *waiting)
{
    const uint32_t place = __atomic_fetch_add(&young->waits, 1, __ATOMIC_RELAXED);
    if (place >= YOUNG_WAITING)
        return false;
    young->waiting[place].size = waiting->size;
    young->waiting[place].object = waiting->object;
    young->waiting[place].stack = waiting->stack;
    __atomic_store_n(&young->waiting[place].pool, waiting->pool, __ATOMIC_RELEASE);
    return true;
}

void young_remove(struct young_pools *young, struct young_pool *pool)
{
    const uint32_t set = young_set(pool->address);
    for (uint32_t i = set; i < set + YOUNG_WAYS; i++) {
        if (young->sets[i] >> 16 == pool->address)
            young->sets[i] = 0;
    }
    if (pool->state == YOUNG_LIVE)
        young_unlink(young, pool);
    else
        young->ended--;
    young_forget_looks(young, pool);
    young_objects_forget(young, pool);
    free_number(young, pool);
}
