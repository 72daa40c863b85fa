/* page_data.c - what the page shows, as JSON; see page_data.h. */
#include "analyzer/html/page_data.h"

#include "analyzer/html/frame_tree.h"
#include "analyzer/html/history.h"
#include "analyzer/render/report.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* At most so many of each are told by themselves. */
struct limits {
    size_t findings, processes, sites_together, sites, moments;
    size_t text; /* bytes of a label */
};

struct page {
    const struct analysis *analysis;
    const struct history *history;
    struct limits limits;
    struct strings strings;
    struct frame_tree frames;
};

/* Milliseconds since the start of the recording. */
static json_t *ms_json(const struct page *page, uint64_t ns)
{
    return json_number((double)(int64_t)(ns - page->history->all.start_ns) / 1e6);
}

static json_t *string_json(struct page *page, const char *text)
{
    return text ? json_integer(
                      strings_intern(&page->strings, text, strnlen(text, page->limits.text)))
                : json_null();
}

/* Takes what is beyond MOST off ARRAY. Returns how many. */
static size_t cut_array(json_t *array, size_t most)
{
    size_t before = json_array_size(array);
    while (json_array_size(array) > most)
        json_array_remove(array, json_array_size(array) - 1);
    return before - json_array_size(array);
}

/* [parent, label, role, node of the backtrace that made it] of pool nodes 1 on */
static json_t *pool_nodes_json(struct page *page)
{
    const struct pool_nodes *nodes = &page->history->nodes;
    json_t *json = json_checked(json_array());
    for (size_t i = 1; i <= nodes->count; i++) {
        const struct pool_node *node = &nodes->items[i];
        json_t *one = json_checked(json_array());
        json_append(one, json_integer(node->parent));
        json_append(one, string_json(page, node->label));
        json_append(one, string_json(page, node->role_name));
        json_append(one, json_integer(frame_tree_add(&page->frames, node->created)));
        json_append(json, one);
    }
    return json;
}

static const struct history_changes *changes_of(const struct history_moment *moment, bool parts)
{
    return parts ? &moment->parts : &moment->pools;
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
            json_append(json, json_integer(change->number));
            json_append(json, json_count(change->bytes));
            json_append(json, json_integer(change->pools));
            json_append(json, json_count(change->held));
        }
    }
    keymap_free(&listed);
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
        json_append(json, ms_json(page, sum.first_ns));
        json_append(json, json_integer(sum.count));
    }
}

/* The moments of ROW, WIDTH of them made one where they are too many. */
static void set_moments(struct page *page, json_t *json, const struct history_row *row)
{
    json_t *times = json_checked(json_array()), *peaks = json_checked(json_array());
    json_t *changes = json_checked(json_array()), *marks = json_checked(json_array());
    json_t *parts = json_checked(json_array());
    size_t width = (row->taken + page->limits.moments - 1) / page->limits.moments;
    for (size_t from = 0; from < row->taken;) {
        /* The first is by itself, and the last is always told. */
        size_t count = from == 0 ? 1 : row->taken - from < width ? row->taken - from : width;
        uint64_t peak = 0;
        for (size_t i = from; i < from + count; i++)
            peak = row->moments[i].peak > peak ? row->moments[i].peak : peak;
        json_append(times, ms_json(page, row->moments[from + count - 1].ns));
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
    json_append(json, string_json(page, strings_get(&page->history->labels, ranked->site->label)));
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

static void set_sites(struct page *page, json_t *json, const struct history_row *row, size_t most)
{
    size_t count = row->sites.count, folded;
    struct ranked *list = xcalloc(count, sizeof(*list));
    for (size_t i = 0; i < count; i++)
        list[i] = (struct ranked){.site = &row->sites.items[i], .growth = row->growth[i]};
    choose_sites(list, count, most);
    json_t *sites = json_checked(json_array());
    for (size_t i = 0; i < count; i++)
        if (list[i].listed)
            json_append(sites, site_json(page, &list[i]));
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
    json_set(json, "start", ms_json(page, row->start_ns));
    json_set(json, "end", ms_json(page, row->end_ns));
    set_moments(page, json, row);
    set_sites(page, json, row, sites);
    return json;
}

static json_t *rows_json(struct page *page)
{
    const struct history *history = page->history;
    json_t *rows = json_checked(json_array());
    json_append(rows, row_json(page, &history->all, page->limits.sites_together));
    for (size_t i = 0; i < history->row_count; i++) {
        const struct history_row *row = &history->rows[i];
        const struct process *process = recording_process(history->recording, row->process);
        json_t *json = row_json(page, row, page->limits.sites);
        json_set(json, "pid", json_integer(process->pid));
        json_set(json, "kind", json_string(process_kind_name(process->kind)));
        json_append(rows, json);
    }
    return rows;
}

/* [node of the culprit's backtrace, of the other one] by finding */
static json_t *culprits_json(struct page *page)
{
    json_t *json = json_checked(json_array());
    const struct findings *findings = &page->analysis->findings;
    for (size_t i = 0; i < findings->count && i < page->limits.findings; i++) {
        json_t *one = json_checked(json_array());
        json_append(one, json_integer(frame_tree_add(&page->frames, findings->items[i].stack)));
        json_append(one, json_integer(frame_tree_add(&page->frames, findings->items[i].created)));
        json_append(json, one);
    }
    return json;
}

/* [number of the first part, how many, whether in pools] by finding */
static json_t *parts_json(const struct page *page)
{
    json_t *json = json_checked(json_array());
    const struct finding_parts *parts = page->history->parts;
    for (size_t i = 0; i < parts->findings->count && i < page->limits.findings; i++) {
        const uint32_t first = parts->first[i], next = parts->first[i + 1];
        json_t *one = json_checked(json_array());
        json_append(one, json_integer(first));
        json_append(one, json_integer(next - first));
        json_append(one, json_boolean(finding_in_pools(&parts->findings->items[i])));
        json_append(json, one);
    }
    return json;
}

static json_t *strings_json(const struct page *page)
{
    json_t *json = json_checked(json_array());
    for (uint32_t i = 0; i <= page->strings.count; i++)
        json_append(json, text_json(strings_get(&page->strings, i)));
    return json;
}

/* [one, many] by the words that the page's data have for kinds */
static json_t *words_json(const struct api_set *apis)
{
    json_t *json = json_checked(json_object());
    for (unsigned kind = 0; kind < API_MARK_STARTUP; kind++)
        json_set(
            json, api_mark_name(kind),
            json_checked(json_pack("[ss]", unit_word(apis, kind, 1), unit_word(apis, kind, 2))));
    json_set(json, process_kind_name(PROCESS_SESSION),
             json_checked(json_pack("[ss]", process_word(apis, PROCESS_SESSION, 1),
                                    process_word(apis, PROCESS_SESSION, 2))));
    return json;
}

static json_t *report_part(const struct page *page, json_t *json)
{
    json_t *report = report_json(page->analysis);
    json_t *folded = json_checked(json_object());
    json_t *recording = json_object_get(report, "recording");
    size_t findings = cut_array(json_object_get(report, "findings"), page->limits.findings);
    size_t processes = cut_array(json_object_get(report, "processes"), page->limits.processes);
    cut_array(json_object_get(recording, "hooks"), page->limits.findings);
    cut_array(json_object_get(recording, "skipped"), page->limits.findings);
    json_set(folded, "findings", json_count(findings));
    json_set(folded, "processes", json_count(processes));
    json_set(json, "folded", folded);
    return report;
}

static json_t *whole_json(struct page *page)
{
    const struct recording_stats *stats = recording_stats(page->analysis->recording);
    json_t *json = json_checked(json_object());
    json_set(json, "version", json_integer(1));
    json_set(json, "start_ms", json_number((double)(page->history->all.start_ns / 1000000)));
    json_set(json, "sessions", json_count(stats->sessions));
    json_set(json, "process_count", json_count(stats->processes));
    json_set(json, "commands", json_count(stats->commands));
    json_set(json, "restarts", json_count(stats->restarts));
    json_set(json, "connections", json_count(stats->connections));
    json_set(json, "words", words_json(recording_apis(page->analysis->recording)));
    json_set(json, "report", report_part(page, json));
    json_set(json, "rows", rows_json(page));
    json_set(json, "pools", pool_nodes_json(page));
    json_set(json, "culprits", culprits_json(page));
    json_set(json, "parts", parts_json(page));
    json_set(json, "calls", frame_tree_nodes_json(&page->frames));
    json_set(json, "frames", frame_tree_frames_json(&page->frames));
    json_set(json, "strings", strings_json(page));
    return json;
}

/* "<" starts whatever could end the element or start a comment in it. */
static char *script_safe(const char *text)
{
    size_t size = strlen(text) + 1;
    for (const char *at = text; (at = strchr(at, '<')); at++)
        size += strlen("\\u003c") - 1;
    char *safe = xmalloc(size), *end = safe;
    for (; *text; text++) {
        if (*text == '<')
            end = stpcpy(end, "\\u003c");
        else
            *end++ = *text;
    }
    *end = '\0';
    return safe;
}

static char *data_within(const struct analysis *analysis, const struct history *history,
                         struct limits limits)
{
    struct page page = {.analysis = analysis, .history = history, .limits = limits};
    page.frames = (struct frame_tree){.names = &analysis->names, .strings = &page.strings};
    json_t *json = whole_json(&page);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    if (!text)
        memory_exhausted();
    json_decref(json);
    frame_tree_free(&page.frames);
    strings_free(&page.strings);
    char *safe = script_safe(text);
    free(text);
    return safe;
}

char *page_data(const struct analysis *analysis, const struct history *history, size_t most)
{
    struct limits limits = {.findings = 400,
                            .processes = 2000,
                            .sites_together = 3000,
                            .sites = 600,
                            .moments = HISTORY_MOMENTS,
                            .text = 255};
    for (; limits.moments > 1; limits.moments /= 2) {
        char *text = data_within(analysis, history, limits);
        if (strlen(text) <= most)
            return text;
        free(text);
        limits.findings /= 2;
        limits.processes /= 2;
        limits.sites_together /= 2;
        limits.sites /= 2;
        limits.text /= 2;
    }
    return NULL;
}
