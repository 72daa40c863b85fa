/*
 * history_plan.c - which processes and moments a history has, and room for them; see
 * history_plan.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/html/history_plan.h"

#include "analyzer/replay/recording.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* A process on its way to a row: the one with the highest rank comes first. */
struct candidate {
    uint32_t index;
    unsigned rank; /* 2: mentioned, 1: a master */
    uint64_t events;
    uint32_t order; /* by these */
};

static int by_rank(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    if (a->events != b->events)
        return a->events > b->events ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

static int by_index(const void *left, const void *right)
{
    const struct candidate *a = left, *b = right;
    return a->index < b->index ? -1 : a->index > b->index;
}

static struct candidate *choose(const struct recording *recording, const bool *mentioned,
                                size_t *count)
{
    *count = recording_process_count(recording);
    struct candidate *list = xcalloc(*count, sizeof(*list));
    for (uint32_t i = 0; i < *count; i++) {
        const struct process *process = recording_process(recording, i);
        unsigned rank = mentioned[i] ? 2 : process->kind == PROCESS_MASTER;
        list[i] = (struct candidate){i, rank, process->events, 0};
    }
    qsort(list, *count, sizeof(*list), by_rank);
    if (*count > HISTORY_ROWS)
        *count = HISTORY_ROWS;
    for (uint32_t i = 0; i < *count; i++)
        list[i].order = i;
    qsort(list, *count, sizeof(*list), by_index);
    return list;
}

/* Work goes by commands in a session, by restarts or connections in a master. */
static enum api_mark_kind unit_of(const struct process *process)
{
    if (process->kind == PROCESS_SESSION || process->units[API_MARK_COMMAND])
        return API_MARK_COMMAND;
    return process->units[API_MARK_RESTART] >= 3 ? API_MARK_RESTART : API_MARK_CONNECTION;
}

/* FIRST_NS: when the time begins that the replay is about. */
static struct history_process describe(const struct process *process, uint64_t first_ns)
{
    const uint64_t start_ns = process->header->wall_ns;
    struct history_process known = {.start_ns = start_ns > first_ns ? start_ns : first_ns,
                                    .end_tick = process->tick,
                                    .end_ns = trace_wall_ns(process->header, process->tick),
                                    .unit = unit_of(process),
                                    .ended = process->ended};
    if (known.end_ns < known.start_ns)
        known.end_ns = known.start_ns;
    memcpy(known.units, process->units, sizeof(known.units));
    return known;
}

static void plan_row(struct history_row *row, uint64_t start_ns, uint64_t end_ns, uint32_t moments)
{
    *row = (struct history_row){.start_ns = start_ns, .end_ns = end_ns, .planned = moments};
    row->moments = xcalloc(moments, sizeof(*row->moments));
    row->marks = xcalloc(moments, sizeof(*row->marks));
}

/* Of how many moments a row is that comes at that place in the order. */
static uint32_t moments_of(const struct process *process, uint32_t order)
{
    if (order >= HISTORY_ROWS_FULL)
        return HISTORY_MOMENTS_BRIEF;
    return process->kind == PROCESS_MASTER ? HISTORY_MOMENTS : HISTORY_MOMENTS_FEW;
}

uint64_t history_moment_ns(const struct history_row *row, uint32_t i)
{
    uint32_t last = row->planned - 1;
    return i >= last ? row->end_ns : row->start_ns + (row->end_ns - row->start_ns) / last * i;
}

struct history_process *history_plan(struct history *history, const bool *mentioned)
{
    const struct recording *recording = history->recording;
    const struct recording_stats *stats = recording_stats(recording);
    size_t count = recording_process_count(recording);
    struct history_process *processes = xcalloc(count, sizeof(*processes));
    for (size_t i = 0; i < count; i++)
        processes[i] = describe(recording_process(recording, i), stats->first_ns);
    struct candidate *chosen = choose(recording, mentioned, &history->row_count);
    history->rows = xcalloc(history->row_count, sizeof(*history->rows));
    for (size_t i = 0; i < history->row_count; i++) {
        struct history_process *process = &processes[chosen[i].index];
        process->row = &history->rows[i];
        plan_row(process->row, process->start_ns, process->end_ns,
                 moments_of(recording_process(recording, chosen[i].index), chosen[i].order));
        process->row->process = chosen[i].index;
        process->row->rank = chosen[i].order;
    }
    free(chosen);
    uint64_t last_ns = stats->last_ns > stats->first_ns ? stats->last_ns : stats->first_ns;
    plan_row(&history->all, stats->first_ns, last_ns, HISTORY_MOMENTS);
    return processes;
}
