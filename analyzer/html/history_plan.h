/*
 * history_plan.h - which processes and moments a history has, and room for them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_HISTORY_PLAN_H
#define ANALYZER_HTML_HISTORY_PLAN_H

#include "analyzer/html/history.h"

/* What the first replay told of a process, and the second one begins anew. */
struct history_process {
    uint64_t start_ns, end_ns, end_tick;
    uint32_t units[API_MARK_STARTUP];
    enum api_mark_kind unit; /* that its growth is counted in */
    struct history_row *row; /* NULL: shown with the others only */
    bool ended;
};

/* Plans the rows of HISTORY; returns the processes by index, to be freed. */
struct history_process *history_plan(struct history *history, const bool *mentioned);

/* The I-th of ROW's moments. */
uint64_t history_moment_ns(const struct history_row *row, uint32_t i);

#endif
