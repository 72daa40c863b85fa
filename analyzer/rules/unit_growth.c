/*
 * unit_growth.c - by how much something grew in a unit of work, in one process; see unit_growth.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/rules/unit_growth.h"

#include "analyzer/rules/time_slices.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

struct unit_growth unit_growth(enum api_mark_kind unit, int32_t pid,
                               const struct series_growth *growth, double count, double bytes)
{
    struct unit_growth result = {.unit = unit,
                                 .pid = pid,
                                 .units = growth->units,
                                 .grew = growth->grew,
                                 .steady = growth->steady,
                                 .count = count,
                                 .bytes = bytes,
                                 .estimated = growth->estimated,
                                 .mean = bytes,
                                 .label = growth->label,
                                 .shape_count = growth->shape_count};
    memcpy(result.shape, growth->shape, sizeof(growth->shape));
    return result;
}

static struct unit_growth measured(const struct unit_growth *kept)
{
    struct series_growth growth = kept->unit == API_UNIT_TIME
                                      ? time_slices_growth(kept->series, NULL)
                                      : series_growth(kept->series);
    double grew = growth.grew ? growth.grew : 1;
    struct unit_growth result =
        unit_growth(kept->unit, kept->pid, &growth, (double)kept->taken / grew, growth.median);
    result.mean = (double)growth.total / grew;
    result.series = kept->series;
    result.taken = kept->taken;
    return result;
}

struct unit_growth unit_growth_of(enum api_mark_kind unit, int32_t pid, struct series *series,
                                  uint64_t taken)
{
    struct unit_growth growth = {
        .unit = unit, .pid = pid, .series = xmalloc(sizeof(*growth.series)), .taken = taken};
    *growth.series = *series;
    series->buckets = NULL;
    return measured(&growth);
}

static void add(struct unit_growth *into, const struct unit_growth *from)
{
    if (into->series && from->series) {
        series_add(into->series, from->series);
        into->taken += from->taken;
        *into = measured(into);
        return;
    }
    label_growth_add(&into->label, &from->label);
    into->count += from->count;
    into->bytes += from->bytes;
    into->mean += from->mean;
    into->estimated = into->estimated || from->estimated;
    if (from->grew > into->grew)
        into->grew = from->grew;
}

int unit_growth_compare(const struct unit_growth *a, const struct unit_growth *b)
{
    if (a->bytes != b->bytes)
        return a->bytes > b->bytes ? 1 : -1;
    if (a->count != b->count)
        return a->count > b->count ? 1 : -1;
    return (a->units > b->units) - (a->units < b->units);
}

static bool is_listed(const struct unit_list *list, uint32_t unit)
{
    bool found = unit == list->latest && list->count > 0;
    for (uint32_t i = 0; i < list->count && !found; i++)
        found = list->items[i] == unit;
    return found;
}

/* Puts UNIT to INTO's list if it is not there, and counts it. */
static void list_unit(struct unit_growth *into, uint32_t unit)
{
    struct unit_list *list = &into->listed;
    if (is_listed(list, unit))
        return;
    into->grew++;
    if (list->count < UNITS_LISTED)
        list->items[list->count++] = unit;
    list->latest = unit > list->latest ? unit : list->latest;
}

/* The units in which the two grew, which are of one process, in INTO: two places may both have
 * taken in one unit. */
static void unite_units(struct unit_growth *into, const struct unit_growth *from)
{
    const struct unit_list *list = &from->listed;
    const bool few = from->grew == list->count;
    if (list->count == 0) { /* others than any that is listed */
        into->grew += from->grew;
    } else if (few && (list->count == 1 || into->grew == into->listed.count)) {
        for (uint32_t i = 0; i < list->count; i++)
            list_unit(into, list->items[i]);
    } else if (from->grew > into->grew) {
        into->grew = from->grew;
        into->listed = *list;
    }
}

/* Of single units the largest is kept, and how many there were in the process that has most. */
static void keep_largest(struct unit_growth *into, const struct unit_growth *from)
{
    const bool fewer = into->grew < from->grew;
    if (into->pid == from->pid)
        unite_units(into, from);
    const struct unit_growth *most = into->pid != from->pid && fewer ? from : into;
    const uint64_t grew = most->grew;
    const struct unit_list listed = most->listed;
    const uint64_t units = into->units > from->units ? into->units : from->units;
    if (unit_growth_compare(from, into) > 0)
        *into = *from;
    into->grew = grew;
    into->listed = listed;
    into->units = units;
}

void unit_growth_absorb(struct unit_growth *into, struct unit_growth *from)
{
    if (from->largest && into->largest) {
        keep_largest(into, from);
        return;
    }
    if (from->unit != API_MARK_KINDS && into->unit == from->unit && into->pid == from->pid) {
        add(into, from);
    } else if (from->unit != API_MARK_KINDS &&
               (into->unit == API_MARK_KINDS || unit_growth_compare(from, into) > 0)) {
        struct unit_growth larger = *from;
        *from = *into;
        *into = larger;
    }
    unit_growth_free(from);
}

void unit_growth_free(struct unit_growth *growth)
{
    if (growth->series)
        series_free(growth->series);
    free(growth->series);
    growth->series = NULL;
}
