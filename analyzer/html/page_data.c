/* page_data.c - what the page shows, as JSON; see page_data.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/html/page_data.h"

#include "analyzer/html/page_rows.h"
#include "analyzer/render/check.h"
#include "analyzer/render/report.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/json.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"

#include <stdlib.h>
#include <string.h>

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
        json_append(one, page_string_json(page, redact_name(node->label)));
        json_append(one, page_string_json(page, node->role_name));
        json_append(one, json_integer(frame_tree_add(&page->frames, node->created)));
        json_append(json, one);
    }
    return json;
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

/* What the gate made of the findings that are told. */
static json_t *gate_part(const struct page *page)
{
    const struct gate *gate = page->check->gate;
    json_t *json = check_gate_json(page->check);
    json_set(json, "failing", json_count(gate->failing));
    json_set(json, "passing", json_count(gate->count - gate->failing));
    cut_array(json_object_get(json, "verdicts"), page->limits.findings);
    cut_array(json_object_get(json, "gone"), page->limits.findings);
    cut_array(json_object_get(json, "stale"), page->limits.findings);
    return json;
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
    json_set(json, "gate", page->check ? gate_part(page) : json_null());
    json_set(json, "rows", page_rows_json(page));
    json_set(json, "others", page_others_json(page));
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

static char *data_within(struct page page)
{
    page.frames = (struct frame_tree){.names = &page.analysis->names, .strings = &page.strings};
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

static bool halve(size_t *number, size_t least)
{
    const bool more = *number > least;
    if (more)
        *number /= 2;
    return more;
}

/* Folds more: at first what matters least. False when nothing is left to fold. */
static bool fold(struct limits *limits)
{
    if (halve(&limits->moments_brief, 3)) {
        limits->sites_brief /= 2;
        return true;
    }
    if (halve(&limits->rows, 2 * HISTORY_ROWS_FULL))
        return true;
    limits->findings /= 2;
    limits->processes /= 2;
    limits->sites_together /= 2;
    limits->sites /= 2;
    limits->others /= 2;
    limits->text /= 2;
    return halve(&limits->moments, 1);
}

char *page_data(const struct analysis *analysis, const struct check *check,
                const struct history *history, size_t most)
{
    struct limits limits = {.findings = 400,
                            .processes = 2000,
                            .sites_together = 3000,
                            .sites = 600,
                            .moments = HISTORY_MOMENTS,
                            .rows = HISTORY_ROWS,
                            .moments_brief = HISTORY_MOMENTS_BRIEF,
                            .sites_brief = 24,
                            .others = 20000,
                            .text = 255};
    do {
        char *text = data_within((struct page){
            .analysis = analysis, .check = check, .history = history, .limits = limits});
        if (strlen(text) <= most)
            return text;
        free(text);
    } while (fold(&limits));
    return NULL;
}
