/* processes_json.c - what lifeguard processes shows, for programs. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/process_list.h"
#include "analyzer/render/crash_json.h"
#include "analyzer/render/footprint.h"
#include "analyzer/render/frame.h"
#include "analyzer/render/processes.h"
#include "analyzer/replay/folded.h"
#include "analyzer/replay/recording.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/json.h"

static json_t *units_json(const struct process *process)
{
    json_t *json = json_checked(json_object());
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        json_set(json, api_mark_name(kind), json_count(process->units[kind]));
    return json;
}

static json_t *row_json(const struct process_row *row, const struct api_set *apis)
{
    const struct process *process = row->process;
    json_t *json = json_checked(json_object());
    json_set(json, "pid", json_integer(process->pid));
    json_set(json, "parent", json_integer(process->parent_pid));
    json_set(json, "kind", json_string(process_kind_name(process->kind)));
    json_set(json, "kind_word", text_json(process_word(apis, process->kind, 1)));
    json_set(json, "program", text_json(process->program));
    json_set(json, "title", text_json(process->title));
    json_set(json, "started", time_json(row->started_ns));
    json_set(json, "last_event", time_json(row->last_ns));
    json_set(json, "exit", process->ended ? json_integer(process->exit_status) : json_null());
    json_set(json, "signal", signal_json(process->signal));
    json_set(json, "units", units_json(process));
    json_set(json, "events", json_count(process_events(process)));
    json_set(json, "bytes", json_count(row->bytes));
    json_set(json, "peak_bytes", json_count(row->peak));
    json_set(json, "end_bytes", json_count(row->end));
    json_set(json, "end_pools", json_count(row->pools));
    json_set(json, "held_bytes", json_count(row->held));
    json_set(json, "held_estimated", json_boolean(row->estimated));
    json_set(json, "growth_bytes", json_count(row->growth));
    json_set(json, "rss", footprint_json(&row->memory));
    return json;
}

void render_processes_json(FILE *out, const struct process_list *list,
                           const struct recording *recording)
{
    json_t *json = json_checked(json_object()), *rows = json_checked(json_array());
    for (size_t i = 0; i < list->count; i++)
        json_append(rows, row_json(&list->items[i], recording_apis(recording)));
    json_set(json, "version", json_integer(1));
    json_set(json, "program", text_json(recording_stats(recording)->program));
    json_set(json, "processes", rows);
    json_set(json, "summed_up", json_count(recording_folded(recording)));
    json_write(out, json, JSON_INDENT(2) | JSON_SORT_KEYS);
}
