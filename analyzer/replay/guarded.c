/* guarded.c - allocations with pages of their own, by page; see guarded.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/guarded.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY 64

void guarded_free(struct guarded_table *table)
{
    free(table->items);
    free(table->ends);
    keymap_free(&table->numbers);
    *table = (struct guarded_table){0};
}

void guarded_copy(struct guarded_table *to, const struct guarded_table *from)
{
    *to = *from;
    if (!from->items)
        return;
    to->items = xreallocarray(NULL, from->capacity, sizeof(*from->items));
    memcpy(to->items, from->items, from->limit * sizeof(*from->items));
    if (from->ends) {
        to->ends = xreallocarray(NULL, from->end_capacity, sizeof(*from->ends));
        memcpy(to->ends, from->ends, from->end_limit * sizeof(*from->ends));
    }
    keymap_copy(&to->numbers, &from->numbers);
}

void guarded_unwatch(struct guarded_table *table)
{
    for (uint32_t i = 1; i < table->limit; i++)
        table->items[i].watched = false;
}

static uint64_t page_of(uint64_t address)
{
    return address / GUARDED_PAGE;
}

struct guarded *guarded_find(const struct guarded_table *table, uint64_t address)
{
    const uint64_t page = page_of(address);
    const uint32_t number = page ? keymap_get(&table->numbers, page) : 0;
    return number ? &table->items[number] : NULL;
}

/* Room for one more item behind LIMIT in ITEMS; number 0 is none. */
static void *make_room(void *items, uint32_t *limit, uint32_t *capacity, size_t size)
{
    *limit += *limit == 0;
    if (*limit < *capacity)
        return items;
    *capacity = *capacity ? 2 * *capacity : FIRST_CAPACITY;
    return xreallocarray(items, *capacity, size);
}

static void leave_end(struct guarded_table *table, uint32_t number)
{
    struct guarded_end *end = number ? &table->ends[number] : NULL;
    if (!end || --end->users > 0)
        return;
    end->next = table->unused_end;
    table->unused_end = number;
}

struct guarded *guarded_put(struct guarded_table *table, uint64_t start)
{
    uint32_t *number = keymap_put(&table->numbers, page_of(start));
    if (*number) {
        leave_end(table, table->items[*number].end);
    } else {
        table->items =
            make_room(table->items, &table->limit, &table->capacity, sizeof(*table->items));
        *number = table->limit++;
    }
    struct guarded *guarded = &table->items[*number];
    *guarded = (struct guarded){.start = start};
    return guarded;
}

uint32_t guarded_number(const struct guarded_table *table, const struct guarded *guarded)
{
    return (uint32_t)(guarded - table->items);
}

uint32_t guarded_new_end(struct guarded_table *table, uint32_t users)
{
    uint32_t number = table->unused_end;
    if (number) {
        table->unused_end = table->ends[number].next;
    } else {
        table->ends =
            make_room(table->ends, &table->end_limit, &table->end_capacity, sizeof(*table->ends));
        number = table->end_limit++;
    }
    table->ends[number] = (struct guarded_end){.users = users};
    return number;
}
