/* objects.c - what can be given back by itself; see objects.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/objects.h"

static uint16_t take_number(struct young_pools *young)
{
    const uint16_t number = young->object_unused;
    if (number) {
        young->object_unused = young->objects[number].chained;
        return number;
    }
    if (young->object_limit == 0)
        young->object_limit = 1;
    return young->object_limit > YOUNG_OBJECTS ? 0 : young->object_limit++;
}

static void append(struct young_pools *young, struct young_more *more, uint16_t number)
{
    struct young_object *object = &young->objects[number];
    object->older = more->last;
    if (more->last)
        young->objects[more->last].newer = number;
    else
        more->first = number;
    more->last = number;
    more->objects++;
}

bool young_object_add(struct young_pools *young, struct young_pool *pool, uint64_t address,
                      uint32_t bytes, uint32_t stack)
{
    struct young_object *there = address ? young_object_find(young, address) : NULL;
    struct young_more *more = young_more(young, pool);
    if (there)
        young_object_remove(young, there);
    const uint16_t number = take_number(young);
    if (!number)
        return false;
    uint16_t *head = &young->object_heads[young_object_slot(address)];
    young->objects[number] = (struct young_object){.address = address,
                                                   .bytes = bytes,
                                                   .stack = stack,
                                                   .pool = (uint16_t)(pool - young->pools),
                                                   .chained = *head};
    *head = number;
    append(young, more, number);
    pool->allocations++;
    pool->bytes += bytes;
    more->taken += bytes;
    return true;
}

void young_object_remove(struct young_pools *young, struct young_object *object)
{
    struct young_pool *pool = young_object_pool(young, object);
    struct young_more *more = young_more(young, pool);
    pool->bytes -= object->bytes;
    more->objects--;
    if (object->older)
        young->objects[object->older].newer = object->newer;
    else
        more->first = object->newer;
    if (object->newer)
        young->objects[object->newer].older = object->older;
    else
        more->last = object->older;
    young_object_unchain(young, object);
}

void young_objects_clear(struct young_pools *young, struct young_pool *pool, uint32_t stack)
{
    struct young_more *more = young_more(young, pool);
    young_objects_forget(young, pool);
    more->objects = 0;
    more->taken = 0;
    more->cleared = pool->allocations;
    more->clear_stack = stack;
    pool->bytes = 0;
}
