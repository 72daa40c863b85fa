/* report_json.c - the report as JSON, lifeguard-json(5). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/report.h"

#include "analyzer/gate/known.h"
#include "analyzer/profile/lifetimes.h"
#include "analyzer/render/access_json.h"
#include "analyzer/render/crash_json.h"
#include "analyzer/render/finding_json.h"
#include "analyzer/render/footprint.h"
#include "analyzer/render/frame.h"
#include "analyzer/render/info_guard.h"
#include "analyzer/render/info_survivors.h"
#include "analyzer/render/last_use.h"
#include "analyzer/render/origin_json.h"
#include "analyzer/render/reachability_json.h"
#include "analyzer/render/recorder.h"
#include "analyzer/render/summary.h"
#include "analyzer/replay/daemon_runs.h"
#include "analyzer/replay/folded.h"
#include "analyzer/replay/silent_marks.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/symbols/sources.h"
#include "analyzer/util/json.h"
#include "analyzer/util/redact.h"

#include <stdlib.h>

#define REPORT_VERSION 1

static json_t *coverage_json(const struct coverage *coverage)
{
    json_t *json = json_checked(json_object());
    json_set(json, "pools", json_count(coverage->pools));
    json_set(json, "traced_bytes", json_count(coverage->traced[COVERAGE_BYTES]));
    json_set(json, "used_bytes", json_count(coverage->used[COVERAGE_BYTES]));
    json_set(json, "traced_allocations", json_count(coverage->traced[COVERAGE_ALLOCATIONS]));
    json_set(json, "used_allocations", json_count(coverage->used[COVERAGE_ALLOCATIONS]));
    json_set(json, "traced_pools", json_count(coverage->traced[COVERAGE_POOLS]));
    json_set(json, "used_pools", json_count(coverage->used[COVERAGE_POOLS]));
    json_set(json, "mismatches", json_count(coverage->mismatches));
    json_set(json, "in_change", json_count(coverage->in_change));
    return json;
}

static json_t *hooks_json(const struct recording_stats *stats, bool skipped)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < stats->hook_count; i++) {
        const struct recording_hook *hook = &stats->hooks[i];
        if (hook->skipped != skipped)
            continue;
        json_t *json = json_checked(json_object());
        json_set(json, "function", text_json(hook->function));
        json_set(json, "how", text_json(redact_words(hook->how)));
        json_set(json, "module", text_json(redact_file(hook->module)));
        json_append(array, json);
    }
    return array;
}

static json_t *systems_json(const struct recording_stats *stats)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < stats->system_count; i++)
        json_append(array, text_json(stats->systems[i]));
    return array;
}

static json_t *work_json(const struct recording_stats *stats)
{
    json_t *json = json_checked(json_object());
    json_set(json, api_mark_name(API_MARK_COMMAND), json_count(stats->commands));
    json_set(json, api_mark_name(API_MARK_RESTART), json_count(stats->restarts));
    json_set(json, api_mark_name(API_MARK_CONNECTION), json_count(stats->connections));
    json_set(json, process_kind_name(PROCESS_MASTER), json_count(stats->masters));
    json_set(json, process_kind_name(PROCESS_SESSION), json_count(stats->sessions));
    return json;
}

static json_t *silent_marks_json(const struct recording *recording)
{
    struct silent_mark marks[SILENT_MARKS_MAX];
    const unsigned count = silent_marks(recording, marks);
    json_t *array = json_checked(json_array());
    for (unsigned i = 0; i < count; i++) {
        json_t *json = json_checked(json_object());
        json_set(json, "function", slice_json(marks[i].function));
        json_set(json, "unit", json_string(api_mark_name(marks[i].kind)));
        json_append(array, json);
    }
    return array;
}

/* How many commands were about what. */
static json_t *labels_json(const struct label_sums *labels)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < labels->count; i++) {
        json_t *json = json_checked(json_object());
        json_set(json, "label", text_json(redact_name(labels->items[i].name)));
        json_set(json, "units", json_count(labels->items[i].units));
        json_append(array, json);
    }
    return array;
}

static json_t *origin_json(const struct recording *recording)
{
    struct origin origin;
    json_t *json = json_checked(json_object());
    origin_find(&origin, recording, false);
    set_origin(json, &origin, false);
    origin_free(&origin);
    return json;
}

/* Of processes that ran when recording began. */
static json_t *attached_json(const struct recording_stats *stats)
{
    json_t *json = json_checked(json_object());
    json_set(json, "processes", json_count(stats->attached));
    json_set(json, "pools_before", json_count(stats->there_before));
    json_set(json, "let_go", json_count(stats->detached));
    return json;
}

/* Which of how many runs of the daemon it is. */
static json_t *runs_json(const struct recording *recording)
{
    size_t count;
    const struct recorded_run *runs = recording_runs(recording, &count);
    const uint32_t run = recording_run(recording);
    json_t *json = json_checked(json_object()), *starts = json_checked(json_array());
    for (size_t i = 0; i < count; i++)
        json_append(starts, time_json(runs[i].start_ns));
    json_set(json, "count", json_count(count));
    json_set(json, "run", run ? json_count(run) : json_null());
    json_set(json, "started", starts);
    json_set(json, "startup_checks", json_count(recording_startup_checks(recording)));
    return json;
}

/* When lifeguard stop ended it, and in how many processes. */
static json_t *stopped_json(const struct recording_stats *stats)
{
    if (stats->ended_by_us == 0)
        return json_null();
    json_t *json = json_checked(json_object());
    json_set(json, "at", time_json(stats->ended_ns));
    json_set(json, "processes", json_count(stats->ended_by_us));
    return json;
}

static json_t *recording_json(const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    json_t *json = json_checked(json_object());
    json_set(json, "program", text_json(redact_file(stats->program)));
    char recorder[RECORDER_TEXT];
    json_set(json, "recorder", json_string(recorder_text(recording, recorder)));
    json_set(json, "origin", origin_json(recording));
    json_set(json, "api", text_json(stats->api));
    json_set(json, "systems", systems_json(stats));
    json_set(json, "units", unit_words_json(recording_apis(recording)));
    json_set(json, "work", work_json(stats));
    json_set(json, "labels", labels_json(&stats->labels));
    json_set(json, "events", json_count(stats->events));
    json_set(json, "distinct_stacks", json_count(stats->distinct_stacks));
    json_set(json, "lost_events", json_count(stats->lost_events));
    json_set(json, "coverage", coverage_json(&stats->coverage));
    json_set(json, "guarded", guarded_json(stats->guarded));
    json_set(json, "sampled", sampled_json(stats->sampled));
    json_set(json, "mode", mode_json(stats));
    json_set(json, "walks", walks_json(&stats->walks));
    json_set(json, "attached", attached_json(stats));
    json_set(json, "hooks", hooks_json(stats, false));
    json_set(json, "silent_marks", silent_marks_json(recording));
    json_set(json, "doubts", doubts_json(recording));
    json_set(json, "stopped", stopped_json(stats));
    json_set(json, "runs", runs_json(recording));
    json_set(json, "summed_up", json_count(recording_folded(recording)));
    json_set(json, "skipped", hooks_json(stats, true));
    return json;
}

static json_t *process_json(const struct process *process)
{
    json_t *json = json_checked(json_object());
    json_set(json, "pid", json_integer(process->pid));
    json_set(json, "parent", json_integer(process->parent_pid));
    json_set(json, "kind", text_json(process_kind_name(process->kind)));
    json_set(json, "events", json_count(process_events(process)));
    json_set(json, "exit", process->ended ? json_integer(process->exit_status) : json_null());
    json_set(json, "signal", signal_json(process->signal));
    return json;
}

static json_t *nameless_json(const struct symbols *symbols)
{
    json_t *array = json_checked(json_array());
    const struct nameless_module *nameless;
    for (size_t i = 0; (nameless = symbols_nameless(symbols, i)); i++) {
        const struct code_module *module = nameless->module;
        char *build_id = hex_text(module->build_id, module->build_id_length);
        json_t *json = json_checked(json_object());
        json_set(json, "module", text_json(redact_file(module->path)));
        json_set(json, "build_id", text_json(*build_id ? build_id : NULL));
        json_set(json, "why", text_json(redact_words(nameless->why)));
        json_append(array, json);
        free(build_id);
    }
    return array;
}

static json_t *processes_json(const struct recording *recording)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < recording_process_count(recording); i++) {
        const struct process *process = recording_process(recording, i);
        if (!process->absent && recording_tells_of(recording, process))
            json_append(array, process_json(process));
    }
    return array;
}

static json_t *frames_json(const struct name_source *names, uint32_t stack)
{
    return stack_json(names->stacks, names->symbols, stack);
}

static json_t *pool_json(const struct finding *finding, const struct name_source *names)
{
    json_t *json = json_checked(json_object());
    json_set(json, "tag", text_json(finding->tag));
    json_set(json, "role", text_json(finding->role));
    json_set(json, "path", text_json(finding->path));
    json_set(json, "created", frames_json(names, finding->created));
    return json;
}

/* Which units those are that grew. */
static void set_label(json_t *json, const struct label_growth *label)
{
    json_set(json, "label", text_json(label->label));
    if (!label->label)
        return;
    json_t *units = json_checked(json_object());
    json_set(units, "grew", json_count(label->grew));
    json_set(units, "units", json_count(label->units));
    json_set(units, "others_grew", json_count(label->others_grew));
    json_set(units, "others", json_count(label->others));
    json_set(json, "label_units", units);
}

static json_t *growth_json(const struct unit_growth *growth, const struct name_source *names)
{
    if (growth->unit == API_MARK_KINDS)
        return json_null();
    json_t *json = json_checked(json_object());
    json_set(json, "unit", json_string(api_mark_name(growth->unit)));
    json_set(json, "word", json_string(unit_word(names->apis, growth->unit, 1)));
    set_label(json, &growth->label);
    json_set(json, "units", json_count(growth->units));
    json_set(json, "grew", json_count(growth->grew));
    json_set(json, "steady", json_boolean(growth->steady));
    json_set(json, "estimated", json_boolean(growth->estimated));
    json_set(json, "mean_bytes", json_number(growth->mean));
    json_set(json, "count", json_number(growth->count));
    json_set(json, "bytes", json_number(growth->bytes));
    return json;
}

static void set_fingerprint(json_t *json, const struct fingerprint *id)
{
    json_set(json, "fingerprint", json_string(id->text));
    json_set(json, "nearby", id->nearby_weak ? json_null() : json_string(id->nearby));
    json_set(json, "weak", json_boolean(id->weak));
}

static json_t *places_json(const struct growth_places *places, const struct name_source *names)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < places->count; i++) {
        const struct growth_place *place = &places->items[i];
        json_t *json = json_checked(json_object()), *growth = growth_json(&place->per_unit, names);
        char *name = known_place(place->stack, names);
        if (place->per_unit.unit != API_MARK_KINDS)
            json_set(growth, "pid", json_integer(place->per_unit.pid));
        json_set(json, "place", text_json(name));
        json_set(json, "stack", frames_json(names, place->stack));
        json_set(json, "per_unit", growth);
        if (place->path)
            json_set(json, "path", text_json(place->path));
        json_set(json, "processes", json_count(pid_list_total(&place->pids)));
        json_set(json, "count", json_count(place->count));
        json_set(json, "bytes", json_count(place->bytes));
        set_fingerprint(json, &place->id);
        json_append(array, json);
        free(name);
    }
    return array;
}

static json_t *pids_json(const struct finding *finding)
{
    json_t *array = json_checked(json_array());
    for (size_t i = 0; i < finding->pids.count; i++)
        json_append(array, json_integer(finding->pids.items[i]));
    return array;
}

/* The process that has most of it; null: not known. */
static json_t *worst_share_json(const struct process_share *worst)
{
    if (worst->pid == 0)
        return json_null();
    json_t *json = json_checked(json_object());
    json_set(json, "pid", json_integer(worst->pid));
    json_set(json, "count", json_count(worst->count));
    json_set(json, "bytes", json_count(worst->bytes));
    json_set(json, "held_bytes", json_count(worst->held));
    return json;
}

static json_t *holder_json(const struct peak_holder *holder, const struct name_source *names)
{
    json_t *json = json_checked(json_object());
    json_set(json, "name", text_json(holder->label));
    json_set(json, "pools", json_count(holder->pools));
    json_set(json, "bytes", json_count(holder->bytes));
    json_set(json, "held_bytes", json_count(holder->held));
    json_set(json, "held_estimated", json_boolean(holder->estimated));
    json_set(json, "created", frames_json(names, holder->created));
    return json;
}

static json_t *peak_json(const struct peak *peak, enum process_kind kind,
                         const struct name_source *names)
{
    json_t *json = json_checked(json_object()), *holders = json_checked(json_array());
    json_set(json, "kind", json_string(process_kind_name(kind)));
    json_set(json, "pid", json_integer(peak->pid));
    json_set(json, "at", time_json(peak->ns));
    json_set(json, "pools", json_count(peak->pools));
    json_set(json, "bytes", json_count(peak->bytes));
    json_set(json, "peak_bytes", json_count(peak->held));
    json_set(json, "end_pools", json_count(peak->pools_end));
    json_set(json, "end_bytes", json_count(peak->end));
    json_set(json, "held_bytes", json_count(peak->held_end));
    json_set(json, "held_estimated", json_boolean(peak->estimated));
    for (unsigned i = 0; i < peak->holder_count; i++)
        json_append(holders, holder_json(&peak->holders[i], names));
    json_set(json, "holders", holders);
    return json;
}

/* The worst moment of each kind of process. */
static json_t *worst_json(const struct analysis *analysis)
{
    json_t *array = json_checked(json_array());
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        if (analysis->worst[kind].known)
            json_append(array, peak_json(&analysis->worst[kind], (enum process_kind)kind,
                                         &analysis->names));
    }
    return array;
}

/* Of each kind of process, the one that grew most in memory. */
static json_t *memory_json(const struct analysis *analysis)
{
    json_t *array = json_checked(json_array());
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        const struct footprint *memory = &analysis->memory[kind];
        if (memory->pid == 0)
            continue;
        json_t *json = json_checked(json_object());
        json_set(json, "kind", json_string(process_kind_name((enum process_kind)kind)));
        json_set(json, "pid", json_integer(memory->pid));
        json_set(json, "rss", footprint_json(memory));
        json_append(array, json);
    }
    return array;
}

static json_t *divergence_json(const struct divergence *divergence, const struct name_source *names)
{
    if (!divergence->known)
        return json_null();
    json_t *json = json_checked(json_object());
    json_set(json, "unit", json_count(divergence->left.unit));
    json_set(json, "event", json_string(divergence_event(divergence->event, divergence->stack)));
    json_set(json, "stack", frames_json(names, divergence->stack));
    json_set(json, "other_unit", json_count(divergence->ended.unit));
    json_set(json, "other_event",
             json_string(divergence_event(divergence->other_event, divergence->other_stack)));
    json_set(json, "other_stack", frames_json(names, divergence->other_stack));
    return json;
}

static void set_where(json_t *json, const struct finding *finding, const struct name_source *names)
{
    char *where = finding_where(finding, names, 0);
    json_set(json, "where", text_json(where));
    free(where);
}

static json_t *finding_json(const struct finding *finding, const struct name_source *names)
{
    json_t *json = json_checked(json_object());
    char *place = known_cause(finding, names);
    json_set(json, "place", text_json(place));
    free(place);
    set_where(json, finding, names);
    set_finding_class(json, finding);
    json_set(json, "pids", pids_json(finding));
    json_set(json, "pids_left_out", json_count(finding->pids.others));
    json_set(json, "worst", worst_share_json(&finding->worst));
    json_set(json, "pool", pool_json(finding, names));
    json_set(json, "stack", frames_json(names, finding->stack));
    json_set(json, "destroyed", frames_json(names, finding->destroyed));
    json_set(json, "allocated", frames_json(names, finding->allocated));
    json_set(json, "access", access_json(&finding->access));
    json_set(json, "last_use", last_use_json(&finding->last_use));
    json_set(json, "crash", crash_json(finding->crash, names));
    json_set(json, "others_destroyed", frames_json(names, finding->others));
    json_set(json, "divergence", divergence_json(&finding->divergence, names));
    json_set(json, "made", finding->made ? json_count(finding->made) : json_null());
    set_finding_sums(json, finding);
    json_set(json, "held_per_day", json_number(finding->cost.a_day));
    json_set(json, "per_unit", growth_json(&finding->per_unit, names));
    json_set(json, "reachability", reachability_json(finding));
    json_set(json, "given_back", json_boolean(finding->given_back));
    json_set(json, "departure", text_json(departure_name(finding->departure)));
    if (finding->places.count)
        json_set(json, "places", places_json(&finding->places, names));
    set_fingerprint(json, &finding->id);
    set_finding_advice(json, finding);
    return json;
}

json_t *report_findings_json(const struct analysis *analysis)
{
    json_t *findings = json_checked(json_array()), *summary = json_checked(json_object());
    for (size_t i = 0; i < analysis->findings.count; i++)
        json_append(findings, finding_json(&analysis->findings.items[i], &analysis->names));
    for (unsigned i = 0; i <= SEVERITY_ERROR; i++)
        json_set(summary, severity_name((enum severity)i), json_count(analysis->totals[i]));
    json_set(summary, "left_out", json_count(analysis->left_out));
    json_t *json = json_checked(json_object());
    json_set(json, "version", json_integer(REPORT_VERSION));
    json_t *recording = recording_json(analysis->recording);
    /* All names that are told have been asked for. */
    json_set(recording, "nameless", nameless_json(analysis->symbols));
    json_set(json, "recording", recording);
    json_set(json, "findings", findings);
    json_set(json, "summary", summary);
    return json;
}

json_t *report_json(const struct analysis *analysis)
{
    json_t *json = report_findings_json(analysis);
    json_set(json, "processes", processes_json(analysis->recording));
    json_set(json, "worst_moments", worst_json(analysis));
    json_set(json, "memory", memory_json(analysis));
    return json;
}

bool render_report_json(FILE *out, const struct analysis *analysis)
{
    return json_write(out, report_json(analysis), JSON_INDENT(2) | JSON_SORT_KEYS);
}
