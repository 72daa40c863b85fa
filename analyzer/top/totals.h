/*
 * totals.h - what each process has in all, above the pools of top.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_TOTALS_H
#define ANALYZER_TOP_TOTALS_H

#include "analyzer/top/table.h"

struct top_total {
    const struct top_process *process;
    const char *kind; /* as long as the snapshot */
    uint64_t bytes, pools;
    bool known;    /* the rest is */
    double growth; /* bytes a minute */
    double rate;   /* allocations a second */
};

struct top_totals {
    struct top_total *items; /* in the order of the table's choice; owned */
    size_t count;
};

/* Of the lines of TABLE, made of SNAPSHOT, which its pids and filter chose: the totals are of what
 * it shows. */
struct top_totals top_totals_make(const struct top_snapshot *snapshot,
                                  const struct top_table *table, enum top_sort sort);
void top_totals_free(struct top_totals *totals);

/* What is above their columns, and one of them as text. The caller owns both. */
char *top_totals_title(const struct top_table *table);
char *top_total_text(const struct top_table *table, const struct top_total *total);

#endif
