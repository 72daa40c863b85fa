/*
 * alloc_sites.c - what each backtrace took from the pools of each name in one process; see
 * alloc_sites.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/profile/alloc_sites.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

static struct alloc_charge *charge_number(struct alloc_sites *sites, uint32_t number)
{
    return &sites->charges[number - 1];
}

static uint64_t charge_key(const struct pool *pool, uint32_t stack)
{
    return (uint64_t)pool->number << 32 | stack;
}

/* Under this key is the number of the pool's first charge: no stack has this number. */
static uint64_t list_key(const struct pool *pool)
{
    return charge_key(pool, UINT32_MAX);
}

uint32_t alloc_sites_find(struct alloc_sites *sites, uint32_t stack, uint32_t label)
{
    uint32_t *number = keymap_put(&sites->sites, ((uint64_t)label + 1) << 32 | stack);
    if (*number)
        return *number;
    GROW(sites->items, sites->count, sites->capacity);
    sites->items[sites->count] = (struct alloc_site){.stack = stack, .label = label};
    return *number = (uint32_t)++sites->count;
}

static uint32_t new_charge(struct alloc_sites *sites)
{
    uint32_t number = sites->free_charge;
    if (number) {
        sites->free_charge = charge_number(sites, number)->next;
        return number;
    }
    GROW(sites->charges, sites->charge_count, sites->charge_capacity);
    return (uint32_t)++sites->charge_count;
}

static uint32_t charge(struct alloc_sites *sites, const struct pool *pool, uint32_t stack,
                       uint32_t site)
{
    uint32_t number = new_charge(sites);
    uint32_t *first = keymap_put(&sites->charged, list_key(pool));
    *charge_number(sites, number) =
        (struct alloc_charge){.site = site, .stack = stack, .next = *first};
    *first = number;
    return *keymap_put(&sites->charged, charge_key(pool, stack)) = number;
}

/* What is alive of SITE is about to change in the unit that is open. */
static void open_unit(struct alloc_sites *sites, const struct process *process,
                      struct alloc_site *site)
{
    uint32_t unit = sites->unit < API_MARK_STARTUP ? process->units[sites->unit] : 0;
    if (unit == site->unit)
        return;
    if (unit >= 2 && !site->has_first) {
        site->first = site->alive;
        site->has_first = true;
    }
    site->last = site->alive;
    site->unit = unit;
}

void alloc_sites_take(struct alloc_sites *sites, const struct process *process,
                      const struct pool *pool, uint32_t stack, uint64_t bytes,
                      uint32_t (*label)(void *data, const struct pool *pool), void *data)
{
    uint32_t number = keymap_get(&sites->charged, charge_key(pool, stack));
    if (!number)
        number = charge(sites, pool, stack, alloc_sites_find(sites, stack, label(data, pool)));
    struct alloc_charge *charge = charge_number(sites, number);
    struct alloc_site *site = &sites->items[charge->site - 1];
    site->count++;
    site->bytes += bytes;
    if (sites->settled)
        return;
    open_unit(sites, process, site);
    charge->bytes += bytes;
    site->alive += bytes;
}

void alloc_sites_free_one(struct alloc_sites *sites, const struct process *process,
                          const struct pool *pool, uint32_t stack, uint64_t bytes)
{
    uint32_t number = keymap_get(&sites->charged, charge_key(pool, stack));
    struct alloc_charge *charge = number ? charge_number(sites, number) : NULL;
    if (!charge || sites->settled || charge->bytes < bytes)
        return;
    struct alloc_site *site = &sites->items[charge->site - 1];
    open_unit(sites, process, site);
    charge->bytes -= bytes;
    site->alive -= bytes;
}

void alloc_sites_give_back(struct alloc_sites *sites, const struct process *process,
                           const struct pool *pool)
{
    uint32_t number = keymap_get(&sites->charged, list_key(pool));
    if (!number)
        return;
    keymap_remove(&sites->charged, list_key(pool));
    while (number) {
        struct alloc_charge *charge = charge_number(sites, number);
        struct alloc_site *site = &sites->items[charge->site - 1];
        uint32_t next = charge->next;
        if (!sites->settled) {
            open_unit(sites, process, site);
            site->alive -= charge->bytes;
        }
        keymap_remove(&sites->charged, charge_key(pool, charge->stack));
        charge->next = sites->free_charge;
        sites->free_charge = number;
        number = next;
    }
}

uint64_t alloc_site_growth(const struct alloc_site *site, uint32_t units)
{
    uint64_t first = site->has_first ? site->first : site->alive;
    uint64_t last = site->unit == units ? site->last : site->alive;
    return units >= 3 && last > first ? last - first : 0;
}

void alloc_sites_free(struct alloc_sites *sites)
{
    free(sites->items);
    free(sites->charges);
    keymap_free(&sites->sites);
    keymap_free(&sites->charged);
}
