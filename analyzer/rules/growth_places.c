/* growth_places.c - the parts of findings, each of one backtrace; see growth_places.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/growth_places.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

void growth_places_add(struct growth_places *places, struct growth_place place)
{
    GROW(places->items, places->count, places->capacity);
    places->items[places->count++] = place;
}

static int compare_orders(const struct growth_place *a, const struct growth_place *b)
{
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

/* What is one stands together, and in it what is of one process. */
static int compare_keys(const void *left, const void *right)
{
    const struct growth_place *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->per_unit.unit != b->per_unit.unit)
        return a->per_unit.unit < b->per_unit.unit ? -1 : 1;
    if (a->per_unit.pid != b->per_unit.pid)
        return a->per_unit.pid < b->per_unit.pid ? -1 : 1;
    return compare_orders(a, b);
}

void growth_place_free(struct growth_place *place)
{
    unit_growth_free(&place->per_unit);
    pid_list_free(&place->pids);
    process_shares_free(&place->shares);
    free(place->path);
    free(place->tag);
}

static void absorb(struct growth_place *into, struct growth_place *from)
{
    if (into->stack == from->stack) {
        into->stack_bytes += from->stack_bytes;
    } else if (from->stack_bytes > into->stack_bytes) {
        into->stack = from->stack;
        into->order = from->order;
        into->stack_bytes = from->stack_bytes;
    }
    into->count += from->count;
    into->bytes += from->bytes;
    into->made += from->made;
    cost_add(&into->cost, &from->cost);
    pid_list_add_all(&into->pids, &from->pids);
    process_shares_add_all(&into->shares, &from->shares);
    unit_growth_absorb(&into->per_unit, &from->per_unit);
    growth_place_free(from);
}

/* Those of one process first: they add up, before the largest of all processes is taken. */
static void fold(struct growth_places *places, bool across_processes)
{
    size_t kept = 0;
    for (size_t i = 1; i < places->count; i++) {
        struct growth_place *last = &places->items[kept], *next = &places->items[i];
        if (next->key == last->key && next->per_unit.unit == last->per_unit.unit &&
            (across_processes || next->per_unit.pid == last->per_unit.pid))
            absorb(last, next);
        else
            places->items[++kept] = *next;
    }
    places->count = kept + 1;
}

void growth_places_join(struct growth_places *places, struct growth_places *from)
{
    for (size_t i = 0; i < from->count; i++)
        growth_places_add(places, from->items[i]);
    free(from->items);
    *from = (struct growth_places){0};
    if (places->count < 2)
        return;
    qsort(places->items, places->count, sizeof(*places->items), compare_keys);
    fold(places, false);
    fold(places, true);
}

static int compare_growth(const void *left, const void *right)
{
    const struct growth_place *a = left, *b = right;
    int order = unit_growth_compare(&b->per_unit, &a->per_unit);
    if (order)
        return order;
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? -1 : 1;
    return compare_orders(a, b);
}

void growth_places_sort(struct growth_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        pid_list_sort(&places->items[i].pids);
    if (places->count)
        qsort(places->items, places->count, sizeof(*places->items), compare_growth);
    for (size_t i = PLACES_KEPT; i < places->count; i++) {
        places->left_out++;
        places->left_bytes += places->items[i].bytes;
        growth_place_free(&places->items[i]);
    }
    if (places->count > PLACES_KEPT)
        places->count = PLACES_KEPT;
}

void growth_places_free(struct growth_places *places)
{
    for (size_t i = 0; i < places->count; i++)
        growth_place_free(&places->items[i]);
    free(places->items);
    *places = (struct growth_places){0};
}
