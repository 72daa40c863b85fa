/* ways.c - the backtraces that lead to the places where pools are made: see ways.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/ways.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

static uint64_t key_of(uint32_t high, uint32_t low)
{
    return (uint64_t)(high + 1) << 32 | low;
}

uint32_t ways_find(const struct ways *ways, enum api_mark_kind unit, uint32_t stack)
{
    return keymap_get(&ways->index, key_of((uint32_t)unit, stack));
}

uint32_t ways_find_again(const struct ways *ways, struct keymap_recent *recent,
                         enum api_mark_kind unit, uint32_t stack)
{
    return keymap_get_recent(&ways->index, recent, key_of((uint32_t)unit, stack));
}

uint32_t ways_add(struct ways *ways, enum api_mark_kind unit, uint32_t stack, uint32_t place)
{
    GROW(ways->items, ways->count, ways->capacity);
    uint32_t *first = keymap_put(&ways->places, place);
    ways->items[ways->count++] =
        (struct way){.stack = stack, .unit = unit, .place = place, .next = *first};
    *first = (uint32_t)ways->count;
    *keymap_put(&ways->index, key_of((uint32_t)unit, stack)) = (uint32_t)ways->count;
    return (uint32_t)ways->count;
}

uint32_t ways_first(const struct ways *ways, uint32_t place)
{
    return keymap_get(&ways->places, place);
}

/* Whether KEY was not in MAP before. */
static bool is_new(struct keymap *map, uint64_t key)
{
    uint32_t *there = keymap_put(map, key);
    const bool new = *there == 0;
    *there = 1;
    return new;
}

bool way_is_uneven(const struct way *way)
{
    return way->uneven || way->newest * way->pools != way->bytes;
}

void ways_count(struct ways *ways, uint32_t number, const struct pool *pool)
{
    struct way *way = way_number(ways, number);
    way->uneven = way_is_uneven(way);
    way->newest = 0;
    way->pools++;
    way->sample = pool->number;
    way->births += is_new(&ways->births, key_of(number, pool->born.index));
}

void ways_judge(struct ways *ways, const struct process *process)
{
    struct keymap units = {0};
    for (size_t i = 0; ways->births.count && i <= ways->births.mask; i++) {
        const uint64_t key = ways->births.entries[i].key;
        struct way *way = key ? way_number(ways, (uint32_t)(key >> 32) - 1) : NULL;
        const struct unit_labels *labels = way ? process_labels(process, way->unit) : NULL;
        if (labels)
            label_counts_add(&way->labels, unit_label_number(labels, (uint32_t)key));
        if (way && way->births < SERIES_UNITS_LEAST &&
            is_new(&units, key_of(way->place, (uint32_t)key)))
            ++*keymap_put(&ways->thin, way->place);
    }
    keymap_free(&units);
}

bool way_counts(const struct ways *ways, const struct way *way)
{
    return way->pools && (way->births >= SERIES_UNITS_LEAST ||
                          keymap_get(&ways->thin, way->place) >= SERIES_UNITS_LEAST);
}

struct growth_place way_part(const struct replay *replay, const struct process *process,
                             const struct way *way, const struct series_growth *growth)
{
    const struct pool *pool = replay_pool(replay, way->sample);
    const double births = (double)way->births;
    struct series_growth own = {
        .units = growth->units, .grew = (uint32_t)way->births, .steady = growth->steady};
    const struct unit_labels *labels = process_labels(process, way->unit);
    if (labels)
        own.label =
            label_growth_of(&way->labels, labels, process->units[way->unit] - growth->units + 1,
                            process->units[way->unit], way->births);
    struct growth_place part = {.key = way->stack,
                                .stack = way->stack,
                                .order = replay_stack_order(replay, way->stack),
                                .stack_bytes = way->bytes,
                                .count = way->pools,
                                .bytes = way->bytes,
                                .made = way->made,
                                .cost = way->cost,
                                .path = replay_pool_path(replay, pool),
                                .tag = pool->tag ? xstrdup(replay_string(replay, pool->tag)) : NULL,
                                .per_unit = unit_growth(way->unit, process->pid, &own,
                                                        (double)way->pools / births,
                                                        (double)way->bytes / births)};
    pid_list_add(&part.pids, process->pid);
    return part;
}

void ways_free(struct ways *ways)
{
    for (size_t i = 0; i < ways->count; i++)
        label_counts_free(&ways->items[i].labels);
    free(ways->items);
    keymap_free(&ways->index);
    keymap_free(&ways->places);
    keymap_free(&ways->births);
    keymap_free(&ways->thin);
}
