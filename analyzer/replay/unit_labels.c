/* unit_labels.c - what each command or restart of a process was about; see unit_labels.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/unit_labels.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* 0: there are too many. */
static unsigned number_of(struct unit_labels *labels, const char *name)
{
    for (size_t i = 0; i < labels->name_count; i++) {
        if (labels->names[i] == name)
            return (unsigned)i + 1;
    }
    if (labels->name_count == UNIT_LABELS_MAX)
        return 0;
    GROW(labels->names, labels->name_count, labels->name_capacity);
    labels->names[labels->name_count++] = name;
    return (unsigned)labels->name_count;
}

static void make_room(struct unit_labels *labels, size_t count)
{
    if (count > labels->capacity) {
        labels->capacity = 2 * count;
        labels->of = xreallocarray(labels->of, labels->capacity, sizeof(*labels->of));
    }
    memset(labels->of + labels->count, 0, count - labels->count);
    labels->count = count;
}

void unit_labels_note(struct unit_labels *labels, uint32_t unit, const char *name, bool anew)
{
    const size_t index = (size_t)unit - labels->before - 1;
    if (unit <= labels->before || index >= UNITS_LABELLED)
        return;
    if (index >= labels->count)
        make_room(labels, index + 1);
    if (labels->of[index] == 0 || anew)
        labels->of[index] = (uint8_t)number_of(labels, name);
}

const char *unit_label_name(const struct unit_labels *labels, unsigned number)
{
    return number > 0 && number <= labels->name_count ? labels->names[number - 1] : NULL;
}

uint32_t unit_labels_count(const struct unit_labels *labels, unsigned number, uint32_t first,
                           uint32_t last)
{
    const size_t end = last > labels->before ? (size_t)last - labels->before : 0;
    uint32_t found = 0;
    for (size_t i = first > labels->before ? first - labels->before - 1 : 0;
         i < end && i < labels->count; i++)
        found += labels->of[i] == number;
    return found;
}

void unit_labels_free(struct unit_labels *labels)
{
    free(labels->of);
    free(labels->names);
}

static void add_sum(struct label_sums *sums, const char *name, uint64_t units)
{
    for (size_t i = 0; i < sums->count; i++) {
        if (sums->items[i].name != name)
            continue;
        sums->items[i].units += units;
        return;
    }
    if (sums->count == UNIT_LABELS_MAX) {
        sums->others += units;
        return;
    }
    GROW(sums->items, sums->count, sums->capacity);
    sums->items[sums->count++] = (struct label_sum){name, units};
}

void label_sums_add(struct label_sums *sums, const struct unit_labels *labels)
{
    uint64_t units[UNIT_LABELS_MAX + 1] = {0};
    for (size_t i = 0; i < labels->count; i++)
        units[labels->of[i]]++;
    for (size_t i = 0; i < labels->name_count; i++)
        add_sum(sums, labels->names[i], units[i + 1]);
}

void label_sums_join(struct label_sums *into, struct label_sums *from)
{
    for (size_t i = 0; i < from->count; i++)
        add_sum(into, from->items[i].name, from->items[i].units);
    into->others += from->others;
    label_sums_free(from);
}

static int by_units(const void *left, const void *right)
{
    const struct label_sum *a = left, *b = right;
    if (a->units != b->units)
        return a->units > b->units ? -1 : 1;
    return strcmp(a->name, b->name);
}

void label_sums_sort(struct label_sums *sums)
{
    if (sums->count)
        qsort(sums->items, sums->count, sizeof(*sums->items), by_units);
}

void label_sums_free(struct label_sums *sums)
{
    free(sums->items);
    *sums = (struct label_sums){0};
}
