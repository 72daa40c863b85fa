/*
 * objects.c - the allocations of one process that can be given back by themselves and have not
 * been; see objects.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/objects.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

void objects_free(struct objects *objects)
{
    free(objects->items);
    keymap_free(&objects->numbers);
    *objects = (struct objects){0};
}

void objects_inherit(struct objects *objects)
{
    for (uint32_t i = 1; i < objects->limit; i++)
        objects->items[i].inherited = true;
}

void objects_copy(struct objects *to, const struct objects *from)
{
    *to = *from;
    if (!from->items)
        return;
    to->items = xreallocarray(NULL, from->capacity, sizeof(*from->items));
    memcpy(to->items, from->items, from->limit * sizeof(*from->items));
    objects_inherit(to);
    keymap_copy(&to->numbers, &from->numbers);
}

struct object *objects_find(const struct objects *objects, uint64_t address)
{
    uint32_t number = address ? keymap_get(&objects->numbers, address) : 0;
    return number ? &objects->items[number] : NULL;
}

static uint32_t new_number(struct objects *objects)
{
    uint32_t number = objects->unused;
    if (number) {
        objects->unused = objects->items[number].next;
        return number;
    }
    if (objects->limit >= objects->capacity) {
        objects->capacity = objects->capacity ? 2 * objects->capacity : FIRST_CAPACITY;
        objects->items = xreallocarray(objects->items, objects->capacity, sizeof(*objects->items));
    }
    objects->limit += objects->limit == 0; /* number 0 is none */
    return objects->limit++;
}

struct object *objects_add(struct objects *objects, struct pool *pool, uint64_t address)
{
    uint32_t number = new_number(objects);
    struct object *object = &objects->items[number];
    *object = (struct object){.address = address, .pool = pool->number, .next = pool->objects};
    if (pool->objects)
        objects->items[pool->objects].previous = number;
    pool->objects = number;
    pool->object_count++;
    *keymap_put(&objects->numbers, address) = number;
    return object;
}

static void put_away(struct objects *objects, struct object *object)
{
    keymap_remove(&objects->numbers, object->address);
    object->next = objects->unused;
    objects->unused = (uint32_t)(object - objects->items);
}

void objects_remove(struct objects *objects, struct pool *pool, struct object *object)
{
    if (object->previous)
        objects->items[object->previous].next = object->next;
    else
        pool->objects = object->next;
    if (object->next)
        objects->items[object->next].previous = object->previous;
    pool->object_count--;
    put_away(objects, object);
}

void objects_drop(struct objects *objects, struct pool *pool)
{
    for (uint32_t number = pool->objects, next; number; number = next) {
        next = objects->items[number].next;
        put_away(objects, &objects->items[number]);
    }
    pool->objects = 0;
}
