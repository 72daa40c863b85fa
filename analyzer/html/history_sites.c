/* history_sites.c - what is alive of each site at the moments of a history; see history_sites.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/html/history_sites.h"

#include "analyzer/util/memory.h"

#include <string.h>

uint32_t history_site(struct history_row *row, const struct alloc_site *site)
{
    const size_t count = row->sites.count, room = row->sites.capacity;
    const uint32_t number = alloc_sites_find(&row->sites, site->stack, site->label);
    if (row->sites.capacity != room)
        row->growth = xreallocarray(row->growth, row->sites.capacity, sizeof(*row->growth));
    if (row->sites.count != count)
        memset(row->growth[number - 1], 0, sizeof(*row->growth));
    return number;
}

static void make_room(struct site_numbers *numbers, const struct alloc_sites *sites)
{
    if (sites->count <= numbers->count)
        return;
    numbers->items = xreallocarray(numbers->items, sites->capacity, sizeof(*numbers->items));
    memset(numbers->items + numbers->count, 0,
           (sites->capacity - numbers->count) * sizeof(*numbers->items));
    numbers->count = sites->capacity;
}

static uint64_t *alive_at(struct alive *alive, uint32_t number)
{
    if (number > alive->count) {
        const size_t count = 2 * (size_t)number;
        alive->bytes = xreallocarray(alive->bytes, count, sizeof(*alive->bytes));
        memset(alive->bytes + alive->count, 0, (count - alive->count) * sizeof(*alive->bytes));
        alive->count = count;
    }
    return &alive->bytes[number - 1];
}

void alive_add(struct alive *sum, const struct alloc_sites *sites, struct history_row *row,
               struct site_numbers *numbers)
{
    make_room(numbers, sites);
    for (size_t i = 0; i < sites->count; i++) {
        if (!sites->items[i].alive)
            continue;
        if (!numbers->items[i])
            numbers->items[i] = history_site(row, &sites->items[i]);
        *alive_at(sum, numbers->items[i]) += sites->items[i].alive;
    }
}

void alive_changes(struct history_changes *changes, const struct alive *before,
                   const struct alive *now)
{
    const size_t count = now->count > before->count ? now->count : before->count;
    for (size_t i = 0; i < count; i++) {
        const uint64_t old = i < before->count ? before->bytes[i] : 0;
        const uint64_t new = i < now->count ? now->bytes[i] : 0;
        if (new == old)
            continue;
        GROW(changes->items, changes->count, changes->capacity);
        changes->items[changes->count++] =
            (struct history_change){.number = (uint32_t)i + 1, .bytes = new};
    }
}

struct alive alive_of(const struct alloc_sites *sites)
{
    struct alive alive = {xcalloc(sites->count, sizeof(*alive.bytes)), sites->count};
    for (size_t i = 0; i < sites->count; i++)
        alive.bytes[i] = sites->items[i].alive;
    return alive;
}
