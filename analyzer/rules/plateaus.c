/* plateaus.c - where growth stops, by place: see plateaus.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/plateaus.h"

#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"

#include <stdio.h>
#include <stdlib.h>

#define TIMES_AS_MUCH 3 /* that processes in which it stopped did */

static uint64_t key_of(struct plateau_of of)
{
    return keyed_mix((uint64_t)of.created << 32 | of.stack, of.unit) | 1;
}

static struct plateau *plateau_for(struct plateaus *plateaus, struct plateau_of of)
{
    uint32_t *number = keymap_put(&plateaus->index, key_of(of));
    if (*number)
        return &plateaus->items[*number - 1];
    const size_t count = plateaus->count++;
    if ((count & (count - 1)) == 0) /* there is room for a power of two */
        plateaus->items =
            xreallocarray(plateaus->items, count ? 2 * count : 1, sizeof(*plateaus->items));
    plateaus->items[count] = (struct plateau){.of = of};
    *number = (uint32_t)plateaus->count;
    return &plateaus->items[count];
}

void plateaus_add(struct plateaus *plateaus, struct plateau_of of, uint64_t units, uint64_t value)
{
    struct plateau *plateau = plateau_for(plateaus, of);
    const uint32_t rested = units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
    if (rested <= plateau->rested)
        return;
    plateau->rested = rested;
    plateau->value = value;
}

static void add_growth(struct plateaus *plateaus, struct plateau_of of, uint64_t units)
{
    struct plateau *plateau = plateau_for(plateaus, of);
    const uint32_t grown = units < UINT32_MAX ? (uint32_t)units : UINT32_MAX;
    plateau->grown = grown > plateau->grown ? grown : plateau->grown;
}

void plateaus_add_growth(struct plateaus *plateaus, const struct finding *finding)
{
    const struct unit_growth *growth = &finding->per_unit;
    if (growth->unit == API_MARK_KINDS)
        return;
    if (finding->site)
        add_growth(plateaus, (struct plateau_of){finding->site, 0, growth->unit}, growth->units);
    for (size_t i = 0; i < finding->places.count && !finding->site; i++) {
        const uint32_t stack = finding->places.items[i].stack;
        add_growth(plateaus, (struct plateau_of){finding->created, stack, growth->unit},
                   growth->units);
    }
}

void plateaus_put(struct plateaus *plateaus, const struct plateau *plateau)
{
    plateaus_add(plateaus, plateau->of, plateau->rested, plateau->value);
    add_growth(plateaus, plateau->of, plateau->grown);
}

void plateaus_join(struct plateaus *plateaus, struct plateaus *from)
{
    for (size_t i = 0; i < from->count; i++)
        plateaus_put(plateaus, &from->items[i]);
    plateaus_free(from);
}

static const struct plateau *find_rest(const struct plateaus *plateaus, struct plateau_of of)
{
    const uint32_t number = keymap_get(&plateaus->index, key_of(of));
    const struct plateau *plateau = number ? &plateaus->items[number - 1] : NULL;
    const bool rests = plateau && plateau->rested / TIMES_AS_MUCH >= plateau->grown;
    return rests && plateau->rested ? plateau : NULL;
}

static void say_so(struct finding *finding, uint64_t value, bool is_bytes)
{
    char text[UNITS_TEXT], *advice;
    const char *number = is_bytes ? bytes_text(value, text) : count_text(value, text);
    if (asprintf(&advice,
                 "It stops at %s%s: processes that did several times as much have no more. A cache "
                 "with a limit is no leak.",
                 number, is_bytes ? "" : " pools") < 0)
        memory_exhausted();
    free(finding->advice);
    finding->advice = advice;
    finding->stops_at = value;
    finding->severity = SEVERITY_NOTE;
}

void plateaus_judge(const struct plateaus *plateaus, struct finding *finding)
{
    const enum api_mark_kind unit = finding->per_unit.unit;
    const struct plateau *rest;
    uint64_t value = 0;
    if (unit == API_MARK_KINDS)
        return;
    if (finding->site) {
        rest = find_rest(plateaus, (struct plateau_of){finding->site, 0, unit});
        if (rest)
            say_so(finding, rest->value, false);
        return;
    }
    for (size_t i = 0; i < finding->places.count; i++) {
        const uint32_t stack = finding->places.items[i].stack;
        rest = find_rest(plateaus, (struct plateau_of){finding->created, stack, unit});
        if (!rest)
            return;
        value += rest->value;
    }
    if (finding->places.count)
        say_so(finding, value, true);
}

void plateaus_free(struct plateaus *plateaus)
{
    keymap_free(&plateaus->index);
    free(plateaus->items);
    *plateaus = (struct plateaus){0};
}
