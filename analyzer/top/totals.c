/* totals.c - what each process has in all; see totals.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* qsort_r() */

#include "analyzer/top/totals.h"

#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"

#include <math.h>
#include <stdlib.h>

static int descending(double a, double b)
{
    return (a < b) - (a > b);
}

static int compare_totals(const void *left, const void *right, void *data)
{
    const struct top_total *a = left, *b = right;
    const enum top_sort sort = *(const enum top_sort *)data;
    int order = 0;
    if (sort == TOP_BY_GROWTH)
        order = descending(a->growth, b->growth);
    else if (sort == TOP_BY_RATE)
        order = descending(a->rate, b->rate);
    if (order == 0)
        order = descending((double)a->bytes, (double)b->bytes);
    return order ? order : (a->process > b->process) - (a->process < b->process);
}

static void add_line(struct top_total *total, const struct top_line *line)
{
    total->bytes += line->bytes;
    total->pools += line->pools;
    total->known = total->known || line->known;
    total->growth += line->growth;
    total->rate += line->rate;
}

struct top_totals top_totals_make(const struct top_snapshot *snapshot,
                                  const struct top_table *table, enum top_sort sort)
{
    struct top_totals totals = {.items = xcalloc(snapshot->process_count, sizeof(*totals.items))};
    size_t *number = xcalloc(snapshot->process_count, sizeof(*number)); /* + 1, by process */
    for (size_t i = 0; i < table->count; i++) {
        const struct top_line *line = &table->lines[i];
        size_t *own = &number[line->process - snapshot->processes];
        if (!*own) {
            totals.items[totals.count] =
                (struct top_total){.process = line->process, .kind = line->kind};
            *own = ++totals.count;
        }
        add_line(&totals.items[*own - 1], line);
    }
    free(number);
    qsort_r(totals.items, totals.count, sizeof(*totals.items), compare_totals, &sort);
    return totals;
}

void top_totals_free(struct top_totals *totals)
{
    free(totals->items);
}

char *top_totals_title(const struct top_table *table)
{
    return xasprintf("%-*s %10s %10s %7s %11s %8s", table->kind_width + 8, "PROCESS", "RSS",
                     "BYTES", "POOLS", "PER MIN", "ALLOC/S");
}

char *top_total_text(const struct top_table *table, const struct top_total *total)
{
    char memory[UNITS_TEXT], bytes[UNITS_TEXT], pools[UNITS_TEXT], growth[TOP_SIGNED_TEXT],
        rate[UNITS_TEXT];
    const uint64_t resident = total->process->resident;
    return xasprintf(
        "%-*s %7d %10s %10s %7s %11s %8s", table->kind_width, total->kind, total->process->pid,
        resident ? bytes_text(resident, memory) : "-", bytes_text(total->bytes, bytes),
        count_text(total->pools, pools), top_signed_bytes(total->known, total->growth, growth),
        total->known ? count_text((uint64_t)llround(fmax(total->rate, 0)), rate) : "-");
}
