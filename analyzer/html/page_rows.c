/* page_rows.c - the processes in the page's data; see page_rows.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/html/page_rows.h"

#include "analyzer/replay/recording.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"

#include <stdlib.h>
#include <string.h>

json_t *page_ms_json(const struct page *page, uint64_t ns)
{
    return json_number((double)(int64_t)(ns - page->history->all.start_ns) / 1e6);
}

json_t *page_string_json(struct page *page, const char *text)
{
    return text ? json_integer(
                      strings_intern(&page->strings, text, strnlen(text, page->limits.text)))
                : json_null();
}

/* How many moments from FROM on are one, where MOST are told of all: the first is by itself, and
 * the last is always told. */
static size_t moments_from(const struct history_row *row, size_t from, size_t most)
{
    const size_t width = (row->taken + most - 1) / most;
    return from == 0 ? 1 : row->taken - from < width ? row->taken - from : width;
}

static const struct history_changes *changes_of(const struct history_moment *moment, bool parts)
{
    return parts ? &moment->parts : &moment->pools;
}

static void append_change(json_t *json, const struct history_change *change)
{
    json_append(json, json_integer(change->number));
    json_append(json, json_count(change->bytes));
    json_append(json, json_integer(change->pools));
    json_append(json, json_count(change->held));
}

static bool same_change(const struct history_change *a, const struct history_change *b)
{
    return a->bytes == b->bytes && a->pools == b->pools && a->held == b->held;
}

/* [number, bytes, pools, held, number, ...]: what changed in COUNT moments, the last change of each
 * node or part */
static json_t *changes_json(const struct history_moment *moments, size_t count, bool parts)
{
    json_t *json = json_checked(json_array());
    struct keymap listed = {0};
    for (size_t i = count; i-- > 0;) {
        const struct history_changes *changes = changes_of(&moments[i], parts);
        for (size_t k = 0; k < changes->count; k++) {
            const struct history_change *change = &changes->items[k];
            uint32_t *seen = keymap_put(&listed, change->number);
            if ((*seen)++)
                continue;
            append_change(json, change);
        }
    }
    keymap_free(&listed);
    return json;
}

/* What the row's first moment has other than that of BASE, which stands for it in the page. */
static json_t *differences_json(const struct history_changes *first,
                                const struct history_changes *base)
{
    json_t *json = json_checked(json_array());
    struct keymap known = {0};
    for (size_t i = 0; i < base->count; i++)
        *keymap_put(&known, base->items[i].number) = (uint32_t)i + 1;
    for (size_t i = 0; i < first->count; i++) {
        const struct history_change *own = &first->items[i];
        uint32_t *at = keymap_put(&known, own->number);
        if (!*at || !same_change(own, &base->items[*at - 1]))
            append_change(json, own);
        *at = UINT32_MAX;
    }
    for (size_t i = 0; i < base->count; i++) {
        const struct history_change none = {.number = base->items[i].number};
        if (keymap_get(&known, none.number) != UINT32_MAX)
            append_change(json, &none);
    }
    keymap_free(&known);
    return json;
}

/* [kind, milliseconds of the first, how many, kind, ...] of COUNT moments */
static void append_marks(const struct page *page, json_t *json,
                         const struct history_marks (*marks)[HISTORY_MARKS], size_t count)
{
    for (unsigned kind = 0; kind < HISTORY_MARKS; kind++) {
        struct history_marks sum = {0};
        for (size_t i = 0; i < count; i++) {
            if (marks[i][kind].count && !sum.count)
                sum.first_ns = marks[i][kind].first_ns;
            sum.count += marks[i][kind].count;
        }
        if (!sum.count)
            continue;
        json_append(json, json_integer(kind));
        json_append(json, page_ms_json(page, sum.first_ns));
        json_append(json, json_integer(sum.count));
    }
}

/* Whether ROW is shown in full; that of all together is. */
static bool is_full(const struct page *page, const struct history_row *row)
{
    return row == &page->history->all || row->rank < HISTORY_ROWS_FULL;
}

/* The moments of ROW, WIDTH of them made one where they are too many. */
static void set_moments(struct page *page, json_t *json, const struct history_row *row)
{
    const size_t most = is_full(page, row) ? page->limits.moments : page->limits.moments_brief;
    json_t *times = json_checked(json_array()), *peaks = json_checked(json_array());
    json_t *changes = json_checked(json_array()), *marks = json_checked(json_array());
    json_t *parts = json_checked(json_array());
    for (size_t from = 0; from < row->taken;) {
        size_t count = moments_from(row, from, most);
        uint64_t peak = 0;
        for (size_t i = from; i < from + count; i++)
            peak = row->moments[i].peak > peak ? row->moments[i].peak : peak;
        json_append(times, page_ms_json(page, row->moments[from + count - 1].ns));
        json_append(peaks, json_count(peak));
        json_append(changes, changes_json(&row->moments[from], count, false));
        json_append(parts, changes_json(&row->moments[from], count, true));
        append_marks(page, marks, (const struct history_marks(*)[HISTORY_MARKS]) & row->marks[from],
                     count);
        from += count;
    }
    json_set(json, "times", times);
    json_set(json, "peaks", peaks);
    json_set(json, "changes", changes);
    json_set(json, "parts", parts);
    json_set(json, "marks", marks);
}

/* A site on its way to the page. */
struct ranked {
    const struct alloc_site *site;
    const uint64_t *growth;
    uint64_t value;
    bool listed;
};

static int by_value(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->value != b->value)
        return a->value > b->value ? -1 : 1;
    return a->site < b->site ? -1 : a->site > b->site;
}

#define MEASURES (3 + API_MARK_STARTUP)

static uint64_t measure(const struct ranked *ranked, unsigned which)
{
    const struct alloc_site *site = ranked->site;
    return which == 0   ? site->bytes
           : which == 1 ? site->alive
           : which == 2 ? site->count
                        : ranked->growth[which - 3];
}

/* Marks the MOST worst by each measure, in equal shares, as told. */
static void choose_sites(struct ranked *list, size_t count, size_t most)
{
    for (unsigned which = 0; which < MEASURES; which++) {
        for (size_t i = 0; i < count; i++)
            list[i].value = measure(&list[i], which);
        qsort(list, count, sizeof(*list), by_value);
        size_t share = most / MEASURES + 1;
        for (size_t i = 0; i < count && i < share && list[i].value; i++)
            list[i].listed = true;
    }
}

/* [node, label, measures ...] */
static json_t *site_json(struct page *page, const struct ranked *ranked)
{
    json_t *json = json_checked(json_array());
    json_append(json, json_integer(frame_tree_add(&page->frames, ranked->site->stack)));
    json_append(json, page_string_json(page, redact_name(strings_get(&page->history->labels,
                                                                     ranked->site->label))));
    for (unsigned which = 0; which < MEASURES; which++)
        json_append(json, json_count(measure(ranked, which)));
    return json;
}

/* Those not told by themselves, in one: without a node. */
static json_t *rest_json(const struct ranked *list, size_t count, size_t *folded)
{
    uint64_t sums[MEASURES] = {0};
    *folded = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].listed)
            continue;
        ++*folded;
        for (unsigned which = 0; which < MEASURES; which++)
            sums[which] += measure(&list[i], which);
    }
    json_t *json = json_checked(json_array());
    for (unsigned which = 0; which < MEASURES; which++)
        json_append(json, json_count(sums[which]));
    return json;
}

/* [index, bytes alive, index, ...]: what changed in COUNT moments; INDEXES of those that are told,
 * + 1, by number. */
static json_t *site_changes_json(const struct history_moment *moments, size_t count,
                                 const uint32_t *indexes)
{
    json_t *json = json_checked(json_array());
    struct keymap listed = {0};
    for (size_t i = count; i-- > 0;) {
        const struct history_changes *changes = &moments[i].sites;
        for (size_t k = 0; k < changes->count; k++) {
            const struct history_change *change = &changes->items[k];
            if (!indexes[change->number] || (*keymap_put(&listed, change->number))++)
                continue;
            json_append(json, json_integer(indexes[change->number] - 1));
            json_append(json, json_count(change->bytes));
        }
    }
    keymap_free(&listed);
    return json;
}

/* Bytes alive at each moment of all sites that are not told by themselves. */
static json_t *rest_moments_json(const struct page *page, const struct history_row *row,
                                 const uint32_t *indexes)
{
    json_t *array = json_checked(json_array());
    uint64_t *alive = xcalloc(row->sites.count + 1, sizeof(*alive)), sum = 0;
    for (size_t from = 0, count; from < row->taken; from += count) {
        count = moments_from(row, from, page->limits.moments);
        for (size_t i = from; i < from + count; i++) {
            const struct history_changes *changes = &row->moments[i].sites;
            for (size_t k = 0; k < changes->count; k++) {
                const struct history_change *change = &changes->items[k];
                if (indexes[change->number])
                    continue;
                sum += change->bytes - alive[change->number];
                alive[change->number] = change->bytes;
            }
        }
        json_append(array, json_count(sum));
    }
    free(alive);
    return array;
}

/* What is alive of the sites that are told, at each moment. */
static void set_site_moments(const struct page *page, json_t *json, const struct history_row *row,
                             const uint32_t *indexes)
{
    json_t *array = json_checked(json_array());
    for (size_t from = 0, count; from < row->taken; from += count) {
        count = moments_from(row, from, page->limits.moments);
        json_append(array, site_changes_json(&row->moments[from], count, indexes));
    }
    json_set(json, "site_moments", array);
    json_set(json, "rest_moments", rest_moments_json(page, row, indexes));
}

static void set_sites(struct page *page, json_t *json, const struct history_row *row, size_t most)
{
    size_t count = row->sites.count, folded;
    struct ranked *list = xcalloc(count, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = (struct ranked){.site = &row->sites.items[i], .growth = row->growth[i]};
    choose_sites(list, count, most);
    json_t *sites = json_checked(json_array());
    uint32_t *indexes = xcalloc(count + 1, sizeof(*indexes));
    for (size_t i = 0; i < count; i++) {
        if (!list[i].listed)
            continue;
        json_append(sites, site_json(page, &list[i]));
        indexes[list[i].site - row->sites.items + 1] = (uint32_t)json_array_size(sites);
    }
    if (is_full(page, row))
        set_site_moments(page, json, row, indexes);
    free(indexes);
    json_t *units = json_checked(json_array());
    for (unsigned i = 0; i < API_MARK_STARTUP; i++)
        json_append(units, json_count(row->units[i]));
    json_set(json, "sites", sites);
    json_set(json, "rest", rest_json(list, count, &folded));
    json_set(json, "folded", json_count(folded));
    json_set(json, "units", units);
    free(list);
}

static json_t *row_json(struct page *page, const struct history_row *row, size_t sites)
{
    json_t *json = json_checked(json_object());
    json_set(json, "start", page_ms_json(page, row->start_ns));
    json_set(json, "end", page_ms_json(page, row->end_ns));
    set_moments(page, json, row);
    set_sites(page, json, row, sites);
    return json;
}

/* The row, shown by itself, that stands for the first moment of others: the first session's. */
static const struct history_row *base_row(const struct page *page)
{
    const struct history *history = page->history;
    for (size_t i = 0; i < history->row_count; i++) {
        const struct history_row *row = &history->rows[i];
        if (row->rank < page->limits.rows && row->taken &&
            recording_process(history->recording, row->process)->kind == PROCESS_SESSION)
            return row;
    }
    return NULL;
}

/* BASE: its place in the page, and what it is; 0: none. */
struct base {
    const struct history_row *row;
    size_t index;
};

static json_t *process_row_json(struct page *page, const struct history_row *row, struct base base)
{
    const bool full = is_full(page, row);
    const struct process *process = recording_process(page->history->recording, row->process);
    json_t *json = row_json(page, row, full ? page->limits.sites : page->limits.sites_brief);
    json_set(json, "pid", json_integer(process->pid));
    json_set(json, "kind", json_string(process_kind_name(process->kind)));
    json_set(json, "title", page_string_json(page, redact_name(process->title)));
    json_set(json, "full", json_boolean(full));
    if (!base.index || !row->taken || process->kind != PROCESS_SESSION)
        return json;
    json_set(json, "base", json_count(base.index));
    json_array_set_new(json_object_get(json, "changes"), 0,
                       differences_json(&row->moments[0].pools, &base.row->moments[0].pools));
    return json;
}

json_t *page_rows_json(struct page *page)
{
    const struct history *history = page->history;
    struct base base = {.row = base_row(page)}, none = {0};
    json_t *rows = json_checked(json_array());
    json_append(rows, row_json(page, &history->all, page->limits.sites_together));
    for (size_t i = 0; i < history->row_count; i++) {
        const struct history_row *row = &history->rows[i];
        if (row->rank >= page->limits.rows)
            continue;
        json_append(rows, process_row_json(page, row, row == base.row ? none : base));
        if (row == base.row)
            base.index = json_array_size(rows) - 1;
    }
    return rows;
}

/* [pid, kind, start, end, peak, title] of processes without a row */
static json_t *other_json(struct page *page, const struct process *process)
{
    const uint64_t start = process->header->wall_ns;
    json_t *json = json_checked(json_array());
    json_append(json, json_integer(process->pid));
    json_append(json, json_string(process_kind_name(process->kind)));
    json_append(json, page_ms_json(page, start));
    json_append(json, page_ms_json(page, trace_wall_ns(process->header, process->tick)));
    json_append(json, json_count(process->peak_bytes));
    json_append(json, page_string_json(page, redact_name(process->title)));
    return json;
}

json_t *page_others_json(struct page *page)
{
    const struct history *history = page->history;
    size_t count = recording_process_count(history->recording);
    bool *drawn = xcalloc(count, sizeof(*drawn));
    json_t *json = json_checked(json_array());
    for (size_t i = 0; i < history->row_count; i++)
        drawn[history->rows[i].process] = history->rows[i].rank < page->limits.rows;
    for (size_t i = 0; i < count && json_array_size(json) < page->limits.others; i++) {
        const struct process *process = recording_process(history->recording, i);
        if (!drawn[i] && !process->absent)
            json_append(json, other_json(page, process));
    }
    free(drawn);
    return json;
}
