/* objects.c - what can be given back by itself; see objects.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/young/objects.h"

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
    object->newer = young->object_unused;
    young->object_unused = (uint16_t)(object - young->objects);
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
