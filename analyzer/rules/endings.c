/* endings.c - what ends together, counted by when it was made: see endings.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/endings.h"

#include "analyzer/rules/describe.h"
#include "analyzer/rules/time_slices.h"

#include <stdlib.h>

static void begin(struct ending *ending, struct unit unit)
{
    finding_free(&ending->first);
    label_counts_free(&ending->labels);
    *ending = (struct ending){.active = true, .unit = unit, .since = UINT32_MAX};
}

/* COUNT of them, made in units of KIND, ended with HOLDER. */
static void hold(struct ending *ending, const struct pool *holder, enum api_mark_kind kind,
                 uint64_t count)
{
    const bool since = !holder->inherited && holder->born.kind == kind;
    const uint32_t unit = since ? holder->born.index : 0;
    ending->held += count;
    ending->since = unit < ending->since ? unit : ending->since;
}

/* Those of one unit mostly end one after the other. */
static void count_label(struct ending *ending, const struct process *process, struct unit born)
{
    const struct unit_labels *labels = process_labels(process, born.kind);
    if (!labels || born.index == ending->labelled)
        return;
    ending->labelled = born.index;
    label_counts_add(&ending->labels, unit_label_number(labels, born.index));
}

/* Majority of those seen so far, in no more than its own room. */
static void count_way(struct ending *ending, uint32_t created)
{
    if (ending->created_lead == 0)
        ending->created = created;
    if (ending->created == created)
        ending->created_lead++;
    else
        ending->created_lead--;
}

void ending_add(struct ending *ending, const struct process *process, const struct pool *pool,
                const struct pool *parent, const struct pool *with)
{
    if (!ending->active)
        begin(ending, process->unit);
    ending->kind = pool->born.kind;
    births_add(&ending->births, pool->born.index);
    count_label(ending, process, pool->born);
    count_way(ending, pool->created);
    ending->pools++;
    ending->bytes += pool->bytes;
    if (with != pool) {
        hold(ending, with, pool->born.kind, 1);
    } else if (parent && parent->serial == ending->under) {
        ending->under_count++;
    } else if (parent) {
        ending->under = parent->serial;
        ending->under_count = 1;
    }
}

uint64_t ending_hold(struct ending *ending, const struct pool *holder)
{
    const uint64_t count = ending->under == holder->serial ? ending->under_count : 0;
    if (count > 0)
        hold(ending, holder, ending->kind, count);
    ending->under_count -= count;
    return count;
}

bool ending_grew(const struct ending *ending, const struct process *process,
                 enum api_mark_kind unit, uint32_t first, uint32_t units,
                 struct series_growth *growth)
{
    if (births_units(&ending->births) < units ||
        (unit == API_UNIT_TIME && ending->pools < TIME_TAKEN_LEAST))
        return false;
    /* A phase of a process is not its life. */
    if (unit != API_UNIT_TIME && ending_is_held(ending) && ending->since >= first &&
        ending->since != UINT32_MAX)
        first = ending->since + 1;
    const uint32_t last =
        ending->unit.kind == unit ? ending->unit.index : units_begun(process, unit);
    struct series series = births_series(&ending->births, first, last);
    *growth = unit == API_UNIT_TIME
                  ? time_slices_growth_throughout(&series, &process->moment_events)
                  : series_growth_throughout(&series);
    series_free(&series);
    const struct unit_labels *labels = process_labels(process, unit);
    if (growth->growing && labels)
        growth->label = label_growth_of(&ending->labels, labels, first, last, growth->grew);
    if (label_growth_decides(&growth->label))
        growth->fading = growth->scattered = false;
    return growth->growing && growth->grew >= units;
}

bool ending_is_held(const struct ending *ending)
{
    return 2 * ending->held > ending->pools;
}

void ending_free(struct ending *ending)
{
    if (ending) {
        finding_free(&ending->first);
        label_counts_free(&ending->labels);
    }
    free(ending);
}
