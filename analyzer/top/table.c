/* table.c - the lines of the screen, ordered; see table.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strcasestr() */

#include "analyzer/top/table.h"

#include "analyzer/profile/pool_profile.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/wall_time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MINUTE         60.0
#define KIND_WIDTH_MIN 7   /* columns */
#define WIDE           110 /* columns of a terminal that has room for all of the table's */
#define CUT            ".."

static bool is_chosen(const struct top_snapshot *snapshot, const struct top_row *row,
                      const struct top_choice *choice)
{
    const struct top_process *process = &snapshot->processes[row->process];
    if (choice->pid ? process->pid != choice->pid : snapshot->running && !process->running)
        return false;
    const char *path = strings_get(&snapshot->paths, row->path);
    return !choice->filter || !*choice->filter || strcasestr(path, choice->filter);
}

/* Units of work that came between: of a session commands, of a master restarts or connections. */
static uint32_t units_between(const struct top_process *now, const struct top_process *then)
{
    enum api_mark_kind kind = API_MARK_COMMAND;
    if (now->kind == PROCESS_MASTER)
        kind = now->units[API_MARK_RESTART] > then->units[API_MARK_RESTART] ? API_MARK_RESTART
                                                                            : API_MARK_CONNECTION;
    return now->units[kind] - then->units[kind];
}

static void compare(struct top_line *line, const struct top_snapshot *snapshot,
                    const struct top_snapshot *earlier, const struct top_row *row)
{
    const struct top_row none = {0}, *found = top_snapshot_find(earlier, snapshot, row);
    const struct top_process *then = top_snapshot_process(earlier, line->process->pid);
    const struct top_row *before = found ? found : &none;
    double seconds = (double)(snapshot->taken_ns - earlier->taken_ns) / 1e9;
    if (!then || seconds <= 0)
        return;
    uint32_t units = units_between(line->process, then);
    double grown = (double)row->bytes - (double)before->bytes;
    line->known = true;
    line->growth = grown * MINUTE / seconds;
    line->per_unit = units ? grown / units : NAN;
    line->rate = ((double)row->taken - (double)before->taken) / seconds;
}

static int by_path(const struct top_line *a, const struct top_line *b)
{
    if (a->process != b->process)
        return a->process < b->process ? -1 : 1;
    return strcmp(a->path, b->path);
}

static int descending(double a, double b)
{
    return (a < b) - (a > b);
}

static int compare_lines(const void *left, const void *right, void *data)
{
    const struct top_line *a = left, *b = right;
    int order = 0;
    switch (*(const enum top_sort *)data) {
    case TOP_BY_BYTES:
        order = descending((double)a->bytes, (double)b->bytes);
        break;
    case TOP_BY_GROWTH:
        order = descending(a->growth, b->growth);
        break;
    case TOP_BY_RATE:
        order = descending(a->rate, b->rate);
        break;
    default:
        break;
    }
    return order ? order : by_path(a, b);
}

struct top_table top_table_make(const struct top_snapshot *snapshot,
                                const struct top_snapshot *earlier, const struct top_choice *choice)
{
    struct top_table table = {.lines = xcalloc(snapshot->row_count, sizeof(*table.lines)),
                              .kind_width = KIND_WIDTH_MIN};
    for (size_t i = 0; i < snapshot->row_count; i++) {
        const struct top_row *row = &snapshot->rows[i];
        if (!is_chosen(snapshot, row, choice))
            continue;
        const struct top_process *process = &snapshot->processes[row->process];
        struct top_line line = {process,
                                process->kind == PROCESS_SESSION ? snapshot->session : "master",
                                strings_get(&snapshot->paths, row->path),
                                row->pools,
                                row->bytes,
                                false,
                                0,
                                NAN,
                                0};
        if (earlier)
            compare(&line, snapshot, earlier, row);
        if (!line.pools && line.rate <= 0)
            continue;
        table.lines[table.count++] = line;
        if ((int)strlen(line.kind) > table.kind_width)
            table.kind_width = (int)strlen(line.kind);
    }
    enum top_sort sort = choice->sort;
    qsort_r(table.lines, table.count, sizeof(*table.lines), compare_lines, &sort);
    if (earlier && snapshot->taken_ns > earlier->taken_ns)
        table.events = (double)(snapshot->events - earlier->events) * 1e9 /
                       (double)(snapshot->taken_ns - earlier->taken_ns);
    return table;
}

void top_table_free(struct top_table *table)
{
    free(table->lines);
}

const char *top_sort_name(enum top_sort sort)
{
    static const char *const names[] = {"bytes", "growth", "rate", "name"};
    return names[sort];
}

/* What the pools of process number INDEX have been asked for. */
static uint64_t pool_bytes(const struct top_snapshot *snapshot, size_t index)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < snapshot->row_count; i++)
        bytes += snapshot->rows[i].process == index ? snapshot->rows[i].bytes : 0;
    return bytes;
}

/* Of the process that has most in memory. */
static char *memory_text(const struct top_snapshot *snapshot)
{
    char all[UNITS_TEXT], most[UNITS_TEXT], pools[UNITS_TEXT];
    size_t largest = 0;
    uint64_t sum = 0;
    for (size_t i = 0; i < snapshot->process_count; i++) {
        sum += snapshot->processes[i].resident;
        if (snapshot->processes[i].resident > snapshot->processes[largest].resident)
            largest = i;
    }
    if (sum == 0)
        return xstrdup("RSS not known: the processes have ended, or cannot be looked at");
    const struct top_process *process = &snapshot->processes[largest];
    return xasprintf("RSS %s; the most %s of %s %d, whose pools have %s", bytes_text(sum, all),
                     bytes_text(process->resident, most),
                     process->kind == PROCESS_SESSION ? snapshot->session : "master", process->pid,
                     bytes_text(pool_bytes(snapshot, largest), pools));
}

char *top_header_text(const struct top_snapshot *snapshot, const struct top_table *table,
                      unsigned line)
{
    char a[UNITS_TEXT], b[UNITS_TEXT], c[UNITS_TEXT], now[WALL_TIME_TEXT];
    if (line == 0) {
        char *program = escaped_text(snapshot->program);
        wall_time_local((uint64_t)time(NULL) * 1000000000, now);
        char *text = xasprintf("lifeguard top, %s: %s", now, program);
        free(program);
        return text;
    }
    if (line == 1)
        return xasprintf("%s of %s processes run; %s", count_text(snapshot->running, a),
                         count_text(snapshot->recorded, b), snapshot->work);
    if (line == 2)
        return memory_text(snapshot);
    return xasprintf("%s events, %s a second; %zu %s; read in %s", count_text(snapshot->events, a),
                     count_text((uint64_t)table->events, b), snapshot->finding_count,
                     snapshot->finding_count == 1 ? "finding" : "findings",
                     duration_text(snapshot->read_ns, c));
}

const char *top_signed_bytes(bool known, double bytes, char text[TOP_SIGNED_TEXT])
{
    if (!known || isnan(bytes))
        return "-";
    text[0] = bytes < 0 ? '-' : '+';
    bytes_text((uint64_t)llround(fabs(bytes)), text + 1);
    return text;
}

/* "a > b > c": two columns in for each label above the last. */
static char *tree_label(const char *path)
{
    unsigned depth = 0;
    char *above = xstrdup(path);
    for (size_t length; (length = pool_path_above(above)); depth++)
        above[length] = '\0';
    free(above);
    char *plain = pool_path_plain(pool_path_label(path), strlen(pool_path_label(path)));
    char *label = escaped_text(plain);
    free(plain);
    char *text = xasprintf("%*s%s", (int)(2 * depth), "", label);
    free(label);
    return text;
}

/* Takes so much off the beginning of TEXT, UTF-8, that COLUMNS characters are left. */
static void cut_left(char *text, size_t columns)
{
    size_t length = 0;
    for (const char *at = text; *at; at++)
        length += (*at & 0xc0) != 0x80;
    if (length <= columns || columns < strlen(CUT))
        return;
    const char *from = text;
    for (size_t drop = length - columns + strlen(CUT); drop; drop--)
        do
            from++;
        while ((*from & 0xc0) == 0x80);
    memmove(text + strlen(CUT), from, strlen(from) + 1);
    memcpy(text, CUT, strlen(CUT));
}

static bool is_narrow(int columns)
{
    return columns > 0 && columns < WIDE;
}

char *top_title_text(const struct top_table *table, int columns)
{
    if (is_narrow(columns))
        return xasprintf("%7s %9s %6s %9s %9s  %s", "PID", "BYTES", "POOLS", "PER MIN", "PER UNIT",
                         "POOL");
    return xasprintf("%7s %-*s %10s %7s %11s %10s %8s  %s", "PID", table->kind_width, "KIND",
                     "BYTES", "POOLS", "PER MIN", "PER UNIT", "ALLOC/S", "POOL");
}

/* All columns before the pool's. The caller owns it. */
static char *figures_text(const struct top_table *table, const struct top_line *line, bool narrow)
{
    char bytes[UNITS_TEXT], pools[UNITS_TEXT], growth[TOP_SIGNED_TEXT], unit[TOP_SIGNED_TEXT];
    char rate[UNITS_TEXT];
    bytes_text(line->bytes, bytes);
    count_text(line->pools, pools);
    const char *grown = top_signed_bytes(line->known, line->growth, growth);
    const char *grown_unit = top_signed_bytes(line->known, line->per_unit, unit);
    if (narrow)
        return xasprintf("%7d %9s %6s %9s %9s  ", line->process->pid, bytes, pools, grown,
                         grown_unit);
    return xasprintf("%7d %-*s %10s %7s %11s %10s %8s  ", line->process->pid, table->kind_width,
                     line->kind, bytes, pools, grown, grown_unit,
                     line->known ? count_text((uint64_t)llround(fmax(line->rate, 0)), rate) : "-");
}

char *top_line_text(const struct top_table *table, size_t index, bool tree, int columns)
{
    const struct top_line *line = &table->lines[index];
    char *figures = figures_text(table, line, is_narrow(columns));
    char *name = tree ? tree_label(line->path) : pool_path_text(line->path);
    if (!tree && columns > (int)strlen(figures))
        cut_left(name, (size_t)columns - strlen(figures));
    char *text = xasprintf("%s%s", figures, name);
    free(figures);
    free(name);
    return text;
}
