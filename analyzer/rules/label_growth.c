/* label_growth.c - which units of work grew; see label_growth.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/label_growth.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

void label_counts_add(struct label_counts *counts, unsigned number)
{
    if (number >= counts->count) {
        const size_t count = 2 * ((size_t)number + 1);
        counts->grew = xreallocarray(counts->grew, count, sizeof(*counts->grew));
        memset(counts->grew + counts->count, 0, (count - counts->count) * sizeof(*counts->grew));
        counts->count = count;
    }
    counts->grew[number]++;
}

void label_counts_free(struct label_counts *counts)
{
    free(counts->grew);
    *counts = (struct label_counts){0};
}

/* Whether units of the label grow at least twice as often as others. */
static bool tells(const struct label_growth *growth)
{
    const double own = (double)growth->grew / (double)growth->units;
    return growth->others == 0 || own >= 2 * (double)growth->others_grew / (double)growth->others;
}

static uint64_t at_most(uint64_t number, uint64_t most)
{
    return number < most ? number : most;
}

struct label_growth label_growth_of(const struct label_counts *counts,
                                    const struct unit_labels *labels, uint32_t first, uint32_t last,
                                    uint64_t grew)
{
    const uint64_t all = last >= first ? (uint64_t)last - first + 1 : 0;
    struct label_growth most = {.others_grew = grew, .others = all};
    for (size_t i = 1; i < counts->count; i++) {
        if (counts->grew[i] <= most.grew)
            continue;
        const uint64_t units = unit_labels_count(labels, (unsigned)i, first, last);
        const struct label_growth one = {.label = unit_label_name(labels, (unsigned)i),
                                         .grew = at_most(counts->grew[i], units),
                                         .units = units,
                                         .others_grew = grew - at_most(counts->grew[i], grew),
                                         .others = all - at_most(units, all),
                                         .number = (unsigned)i};
        if (units > 0 && one.label && tells(&one))
            most = one;
    }
    return most;
}

static void forget_label(struct label_growth *growth)
{
    *growth = (struct label_growth){.others_grew = growth->grew + growth->others_grew,
                                    .others = growth->units + growth->others};
}

void label_growth_add(struct label_growth *into, const struct label_growth *from)
{
    const struct label_growth a = *into, b = *from;
    if (a.others + a.units == 0 || b.others + b.units == 0) {
        *into = a.others + a.units ? a : b;
        return;
    }
    *into = b.grew > a.grew ? b : a;
    const struct label_growth *less = b.grew > a.grew ? &a : &b;
    const bool same = a.label && a.label == b.label;
    into->grew = at_most(into->grew + (same ? less->grew : 0), into->units);
    into->others_grew =
        at_most(into->others_grew + less->others_grew + (same ? 0 : less->grew), into->others);
    if (into->label && !tells(into))
        forget_label(into);
}

bool label_growth_decides(const struct label_growth *growth)
{
    return growth->label && growth->units >= LABEL_UNITS_LEAST && growth->grew == growth->units &&
           growth->others_grew == 0;
}
