/* compare_read.c - reads a side of a comparison: a recording, a baseline, a report or
 * rows. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/baseline.h"
#include "analyzer/gate/compare.h"
#include "analyzer/gate/compare_rows.h"
#include "analyzer/gate/doubts.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/nameless.h"
#include "analyzer/util/input_file.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define REPORT_VERSION 1

struct work_done work_done_in(const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    return (struct work_done){
        .known = true,
        .words = unit_words_of(recording_apis(recording)),
        .units = {[API_MARK_COMMAND] = stats->commands,
                  [API_MARK_RESTART] = stats->restarts,
                  [API_MARK_CONNECTION] = stats->connections},
        .processes = {[PROCESS_MASTER] = stats->masters, [PROCESS_SESSION] = stats->sessions}};
}

static bool read_recording(struct side *side, struct error *error)
{
    struct analysis analysis;
    const struct analysis_scope scope = {.until = side->until};
    if (!analysis_run_of(&analysis, side->name, &scope, error))
        return false;
    for (size_t i = 0; i < analysis.findings.count; i++)
        known_list_add(&side->known, known_of(&analysis.findings.items[i], &analysis.names));
    struct doubts doubts = doubts_of(analysis.recording);
    for (size_t i = 0; i < doubts.count; i++)
        side_doubt(side, doubts.text[i]);
    doubts_free(&doubts);
    side->work = work_done_in(analysis.recording);
    warn_nameless("diff", analysis.symbols);
    analysis_end(&analysis);
    return true;
}

static json_int_t number_in(const json_t *json, const char *key)
{
    return json_integer_value(json_object_get(json, key));
}

/* A report of an earlier version says less of what doubts.c asks a recording. */
static void doubt_report(struct side *side, const json_t *report)
{
    const json_t *recording = json_object_get(report, "recording");
    const json_t *doubts = json_object_get(recording, "doubts");
    for (size_t i = 0; i < json_array_size(doubts); i++) {
        const char *text = json_string_value(json_array_get(doubts, i));
        side_doubt(side, text ? text : "");
    }
    if (json_array_size(doubts))
        return;
    if (json_array_size(json_object_get(recording, "hooks")) == 0)
        side_doubt(side, "Nothing was hooked.");
    if (number_in(recording, "events") == 0)
        side_doubt(side, "No event was recorded.");
    if (number_in(recording, "lost_events"))
        side_doubt(side, "Events were lost.");
    if (number_in(json_object_get(recording, "coverage"), "mismatches"))
        side_doubt(side, "The record is not complete.");
}

/* Those of an earlier version do not tell. */
static void read_work(struct side *side, const json_t *report)
{
    const json_t *work = json_object_get(json_object_get(report, "recording"), "work");
    side->work.known = json_is_object(work);
    side_take_words(&side->work.words,
                    json_object_get(json_object_get(report, "recording"), "units"));
    for (unsigned kind = 0; kind <= API_MARK_CONNECTION; kind++)
        side->work.units[kind] = (uint64_t)number_in(work, api_mark_name(kind));
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
        side->work.processes[kind] =
            (uint64_t)number_in(work, process_kind_name((enum process_kind)kind));
}

static bool read_report(struct side *side, const struct input_file *file, struct error *error)
{
    json_error_t problem;
    json_t *report = json_loadb(file->text, file->length, JSON_REJECT_DUPLICATES, &problem);
    const json_t *findings = json_object_get(report, "findings"), *finding;
    bool read = json_is_array(findings) && number_in(report, "version") == REPORT_VERSION;
    if (!report)
        error_set(error, "%s:%d: expected a report in JSON, or a baseline: %s", side->name,
                  problem.line > 0 ? problem.line : 1, problem.text);
    else if (!read)
        error_set(error, "%s: expected an object with \"version\": %d and \"findings\"", side->name,
                  REPORT_VERSION);
    for (size_t i = 0; read && (finding = json_array_get(findings, i)); i++) {
        struct known_finding known;
        const char *expected;
        read = known_parse_finding(finding, &known, &expected);
        if (read)
            known_list_add(&side->known, known);
        else
            error_set(error, "%s: finding %zu: expected %s", side->name, i + 1, expected);
    }
    if (read) {
        doubt_report(side, report);
        read_work(side, report);
    }
    json_decref(report);
    return read;
}

static bool read_file(struct side *side, struct error *error)
{
    struct input_file file;
    if (compare_is_rows(side->name))
        return compare_read_rows(side, error);
    if (!input_open(&file, side->name, error))
        return false;
    bool read = baseline_begins(&file) ? baseline_parse(&file, &side->known, error)
                                       : read_report(side, &file, error);
    input_close(&file);
    return read;
}

bool side_read(struct side *side, const char *name, const char *until, struct error *error)
{
    *side = (struct side){.name = name, .until = until};
    struct stat st;
    return !until && stat(name, &st) == 0 && !S_ISDIR(st.st_mode) ? read_file(side, error)
                                                                  : read_recording(side, error);
}

void side_free(struct side *side)
{
    known_list_free(&side->known);
    for (size_t i = 0; i < side->doubt_count; i++)
        free(side->doubts[i]);
}
