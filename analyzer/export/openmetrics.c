/*
 * openmetrics.c - findings as time series: the text format of Prometheus and OpenMetrics. One
 * series a finding, and never one a process: alerts ask for what is new, and where.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/export.h"
#include "analyzer/profile/origin.h"
#include "analyzer/profile/resident.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"
#include "analyzer/util/string_table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TEXT_SHOWN 128 /* bytes, of a label's value */

/* Findings with one fingerprint. */
struct metric {
    const struct finding *finding; /* the worst of them */
    double values[4];              /* by enum value */
};

enum value { VALUE_HELD, VALUE_GROWTH, VALUE_COUNT, VALUE_PROCESSES };

static const struct {
    const char *name, *help;
} families[] = {
    [VALUE_HELD] = {"lifeguard_finding_held_bytes",
                    "Bytes of pools' blocks that the finding holds."},
    [VALUE_GROWTH] = {"lifeguard_finding_growth_bytes",
                      "Bytes that a unit of work adds; 0: it does not grow."},
    [VALUE_COUNT] = {"lifeguard_finding_items", "Pools or allocations that the finding is about."},
    [VALUE_PROCESSES] = {"lifeguard_finding_processes", "Processes that it was found in."},
};

struct metrics {
    FILE *out;
    const struct analysis *analysis;
    struct origin origin;
    struct strings ids; /* fingerprints; a series' index is its number less 1 */
    struct metric *series;
    size_t count, capacity;
};

/* Opens the list of labels before the first one. */
static void put_label(FILE *out, bool first, const char *key, const char *value)
{
    char text[TEXT_SHOWN];
    escape_text(value ? value : "", value ? strlen(value) : 0, text, sizeof text);
    fprintf(out, "%s%s=\"", first ? "{" : ",", key);
    for (const char *at = text; *at; at++) {
        if (*at == '"' || *at == '\\')
            putc('\\', out);
        putc(*at, out);
    }
    putc('"', out);
}

/* What tells one host and build from others, behind other labels. */
static void put_origin(const struct metrics *to)
{
    const struct label_set *labels = &to->origin.labels;
    put_label(to->out, false, "host", to->origin.host);
    put_label(to->out, false, "program",
              redact_file(recording_stats(to->analysis->recording)->program));
    put_label(to->out, false, "build", to->origin.build_id);
    put_label(to->out, false, "version", to->origin.package.version);
    for (size_t i = 0; i < labels->count; i++)
        put_label(to->out, false, labels->items[i].key, labels->items[i].value);
    fputs("} ", to->out);
}

static void put_family(const struct metrics *to, const char *name, const char *help)
{
    fprintf(to->out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

static void put_series(const struct metrics *to, const struct metric *metric, enum value value)
{
    const struct finding *finding = metric->finding;
    const bool grows = finding->per_unit.unit != API_MARK_KINDS;
    fputs(families[value].name, to->out);
    put_label(to->out, true, "fingerprint", finding->id.text);
    put_label(to->out, false, "rule", finding->rule);
    put_label(to->out, false, "severity", severity_name(finding->severity));
    put_label(to->out, false, "kind", process_kind_name(finding->kind));
    /* A hash would be another one each time: another series. */
    put_label(to->out, false, "pool",
              finding->tag && !redact_is_on() ? finding->tag : finding->role);
    put_label(to->out, false, "unit", grows ? api_mark_name(finding->per_unit.unit) : "");
    put_label(to->out, false, "weak", finding->id.weak ? "1" : "0");
    put_origin(to);
    fprintf(to->out, "%.17g\n", metric->values[value]);
}

static void add_finding(struct metrics *to, const struct finding *finding)
{
    const size_t number = strings_intern_text(&to->ids, finding->id.text);
    if (number > to->count) {
        GROW(to->series, to->count, to->capacity);
        to->series[to->count++] = (struct metric){.finding = finding};
    }
    double *values = to->series[number - 1].values;
    values[VALUE_HELD] += (double)finding->cost.end;
    values[VALUE_GROWTH] += finding->cost.a_unit;
    values[VALUE_COUNT] += (double)finding->count;
    values[VALUE_PROCESSES] += (double)pid_list_total(&finding->pids);
}

static void put_findings(struct metrics *to, int32_t pid)
{
    const struct findings *findings = &to->analysis->findings;
    for (size_t i = 0; i < findings->count; i++) {
        if (finding_is_of(&findings->items[i], pid))
            add_finding(to, &findings->items[i]);
    }
    for (unsigned value = 0; value < sizeof families / sizeof *families; value++) {
        put_family(to, families[value].name, families[value].help);
        for (size_t i = 0; i < to->count; i++)
            put_series(to, &to->series[i], value);
    }
}

/* In memory, by kind: the largest of those that run, else of those that grew most in their time. */
static void find_resident(const struct analysis *analysis, uint64_t resident[PROCESS_KINDS])
{
    memset(resident, 0, PROCESS_KINDS * sizeof *resident);
    for (size_t i = 0; i < recording_process_count(analysis->recording); i++) {
        const struct process *process = recording_process(analysis->recording, i);
        const uint64_t bytes =
            recording_process_runs(analysis->recording, i) ? resident_bytes(process->pid) : 0;
        if (bytes > resident[process->kind])
            resident[process->kind] = bytes;
    }
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++)
        if (resident[kind] == 0)
            resident[kind] = analysis->memory[kind].peak;
}

/* A number for each kind of process. */
static void put_kinds(const struct metrics *to, const char *name, const char *help,
                      const uint64_t numbers[PROCESS_KINDS])
{
    put_family(to, name, help);
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        fputs(name, to->out);
        put_label(to->out, true, "kind", process_kind_name(kind));
        put_origin(to);
        fprintf(to->out, "%" PRIu64 "\n", numbers[kind]);
    }
}

static void put_processes(const struct metrics *to)
{
    const struct peak *worst = to->analysis->worst;
    const struct recording_stats *stats = recording_stats(to->analysis->recording);
    const uint64_t processes[] = {
        [PROCESS_MASTER] = stats->masters, [PROCESS_SESSION] = stats->sessions};
    uint64_t held[PROCESS_KINDS], peak[PROCESS_KINDS], pools[PROCESS_KINDS];
    uint64_t resident[PROCESS_KINDS];
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        held[kind] = worst[kind].held_end;
        peak[kind] = worst[kind].held;
        pools[kind] = worst[kind].pools_end;
    }
    put_kinds(to, "lifeguard_processes", "Processes recorded.", processes);
    put_kinds(to, "lifeguard_worst_held_bytes",
              "Bytes that the process with the largest peak holds in pools.", held);
    put_kinds(to, "lifeguard_worst_peak_bytes", "Bytes that it held at its peak.", peak);
    put_kinds(to, "lifeguard_worst_pools", "Pools that it has.", pools);
    find_resident(to->analysis, resident);
    put_kinds(to, "lifeguard_worst_resident_bytes",
              "Memory (RSS) of the largest process that runs, else at its peak; 0: not known.",
              resident);
}

/* A number about the whole recording. */
static void put_number(const struct metrics *to, const char *name, const char *help, double value)
{
    put_family(to, name, help);
    fputs(name, to->out);
    put_label(to->out, true, "api", recording_stats(to->analysis->recording)->api);
    put_origin(to);
    fprintf(to->out, "%.17g\n", value);
}

static void put_recording(const struct metrics *to)
{
    static const char info[] = "lifeguard_recording_info";
    const struct recording_stats *stats = recording_stats(to->analysis->recording);
    put_family(to, info, "Where the recording is from; 1.");
    fputs(info, to->out);
    put_label(to->out, true, "boot", to->origin.boot);
    put_label(to->out, false, "cgroup", to->origin.control_group);
    put_label(to->out, false, "package", to->origin.package.name);
    put_origin(to);
    fputs("1\n", to->out);
    put_number(to, "lifeguard_events", "Events recorded.", (double)stats->events);
    put_number(to, "lifeguard_lost_events", "Events that were lost.", (double)stats->lost_events);
    put_number(to, "lifeguard_read_time_seconds",
               "When the recording was read for this, since 1970.", (double)time(NULL));
}

bool export_openmetrics(FILE *out, const struct analysis *analysis,
                        const struct export_options *options, struct error *error)
{
    struct metrics to = {.out = out, .analysis = analysis};
    (void)error;
    origin_find(&to.origin, analysis->recording, true);
    label_set_join(&to.origin.labels, &options->labels);
    put_recording(&to);
    put_processes(&to);
    put_findings(&to, options->pid);
    fputs("# EOF\n", out);
    free(to.series);
    strings_free(&to.ids);
    origin_free(&to.origin);
    return true;
}
