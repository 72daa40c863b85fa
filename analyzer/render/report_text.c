/*
 * report_text.c - the report for people: what was recorded, what was found, what cannot be said.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/render/report.h"

#include "analyzer/gate/doubts.h"
#include "analyzer/render/coverage_text.h"
#include "analyzer/render/info_survivors.h"
#include "analyzer/render/summary.h"
#include "analyzer/render/terminal.h"
#include "analyzer/render/text.h"
#include "analyzer/replay/daemon_runs.h"
#include "analyzer/replay/folded.h"
#include "analyzer/replay/silent_marks.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/redact.h"
#include "analyzer/util/wall_time.h"

#define HARMLESS_BYTES 65536 /* less than that a day, and less than that held, is a line */
#define SUMMED_SHOWN   5     /* of allocations that are summed up, the largest ones */
#define BRIEF_WIDTH    60    /* columns, about, that are left for a backtrace in one line */

/* "20 restarts, 12 connections and 230 commands" */
static void print_units(const struct text_report *report, const struct recording_stats *stats)
{
    const uint64_t counts[] = {[API_MARK_RESTART] = stats->restarts,
                               [API_MARK_CONNECTION] = stats->connections,
                               [API_MARK_COMMAND] = stats->commands};
    const char *before = "";
    for (enum api_mark_kind kind = 0; kind <= API_MARK_CONNECTION; kind++) {
        if (counts[kind] == 0)
            continue;
        fputs(before, report->out);
        print_count(report->out, counts[kind], unit_word(report->names.apis, kind, 1),
                    unit_word(report->names.apis, kind, 2));
        before = ", ";
    }
    if (!*before)
        fputs("no unit of work", report->out);
}

static void print_recorded(const struct text_report *report, const struct recording_stats *stats)
{
    char text[UNITS_TEXT];
    fputs("  recorded  ", report->out);
    print_count(report->out, stats->processes, "process", "processes");
    if (stats->sessions) {
        fputs(" (", report->out);
        print_count(report->out, stats->sessions,
                    process_word(report->names.apis, PROCESS_SESSION, 1),
                    process_word(report->names.apis, PROCESS_SESSION, 2));
        putc(')', report->out);
    }
    fputs(", ", report->out);
    print_count(report->out, stats->events, "event", "events");
    if (stats->last_ns > stats->first_ns)
        fprintf(report->out, " in %s", duration_text(stats->last_ns - stats->first_ns, text));
    fputs("\n  work      ", report->out);
    print_units(report, stats);
    putc('\n', report->out);
}

/* Whose traces are gone. */
static void print_folded(const struct text_report *report, const struct recording *recording)
{
    if (!recording_folded(recording))
        return;
    fputs("  summed up ", report->out);
    print_count(report->out, recording_folded(recording), "process", "processes");
    fputs(" of these, which ended long ago\n", report->out);
}

/* What began in the middle: when, and what is said of what was there then. */
static void print_attached(const struct text_report *report, const struct recording_stats *stats)
{
    if (!stats->attached)
        return;
    fputs("  attached  to ", report->out);
    print_count(report->out, stats->attached, "process", "processes");
    fputs(" that ran: what it did before is not recorded; ", report->out);
    print_count(report->out, stats->there_before, "pool was there", "pools were there");
    putc('\n', report->out);
}

/* Kinds of units that are missed, where others were seen. */
static void print_silent_marks(const struct text_report *report, const struct recording *recording)
{
    struct silent_mark marks[SILENT_MARKS_MAX];
    const unsigned count =
        recording_stats(recording)->marks > 0 ? silent_marks(recording, marks) : 0;
    for (unsigned i = 0; i < count; i++) {
        char *text = silent_mark_text(&marks[i], report->names.apis);
        fputs("            ", report->out);
        print_untrusted(report, text);
        putc('\n', report->out);
        free(text);
    }
}

/* Where the directory holds more than one run of the daemon. */
static void print_runs(const struct text_report *report, const struct recording *recording)
{
    size_t count;
    const struct recorded_run *runs = recording_runs(recording, &count);
    const uint32_t run = recording_run(recording);
    char start[WALL_TIME_TEXT];
    if (count > 1 && run)
        fprintf(report->out, "  run       %u of %zu, started %s (--run=N or --run=all: others)\n",
                run, count, wall_time_local(runs[run - 1].start_ns, start));
    else if (count > 1)
        fprintf(report->out, "  runs      %zu of the daemon, all of them\n", count);
    if (recording_startup_checks(recording) == 0)
        return;
    fputs("  left out  ", report->out);
    print_count(report->out, recording_startup_checks(recording), "process", "processes");
    fputs(" of the daemon that only looked at its configuration\n", report->out);
}

static void print_coverage(const struct text_report *report, const struct recording_stats *stats)
{
    const struct coverage *coverage = &stats->coverage;
    fputs("  coverage  ", report->out);
    if (coverage->pools == 0) {
        fputs("not known: nothing to compare what was traced with\n", report->out);
        return;
    }
    coverage_text(report->out, coverage);
    fputs(" in ", report->out);
    print_count(report->out, coverage->pools, "comparison", "comparisons");
    fputs(", ", report->out);
    print_count(report->out, coverage->mismatches, "mismatch", "mismatches");
    putc('\n', report->out);
}

static void print_doubts(const struct text_report *report, const struct recording *recording)
{
    struct doubts doubts = doubts_of(recording);
    for (size_t i = 0; i < doubts.count; i++) {
        fprintf(report->out, "  %sATTENTION%s ", report->style.error, report->style.off);
        print_untrusted(report, redact_words(doubts.text[i]));
        putc('\n', report->out);
    }
    doubts_free(&doubts);
}

static void print_nameless(const struct text_report *report, const struct symbols *symbols)
{
    const struct nameless_module *nameless;
    for (size_t i = 0; (nameless = symbols_nameless(symbols, i)); i++) {
        fputs("  no names  ", report->out);
        print_untrusted(report, redact_file(nameless->module->path));
        fprintf(report->out, ": %s\n", redact_words(nameless->why));
    }
}

static void print_head(const struct text_report *report, const struct analysis *analysis)
{
    const struct recording_stats *stats = recording_stats(analysis->recording);
    fprintf(report->out, "%sLeak report of ", report->style.strong);
    print_untrusted(report, *stats->program ? redact_file(stats->program) : "a program");
    fprintf(report->out, "%s\n", report->style.off);
    print_runs(report, analysis->recording);
    print_recorded(report, stats);
    print_folded(report, analysis->recording);
    print_silent_marks(report, analysis->recording);
    print_attached(report, stats);
    print_coverage(report, stats);
    if (mode_remark(stats))
        fprintf(report->out, "  mode      %s\n", mode_remark(stats));
    print_doubts(report, analysis->recording);
    print_nameless(report, analysis->symbols);
    print_worst_moments(report, analysis);
    print_footprints(report, analysis);
    putc('\n', report->out);
    print_summary(report, &analysis->findings);
}

/* What grows so slowly, at the rate at which its units came in the recording, and has so little. */
static bool is_harmless(const struct finding *finding)
{
    const struct cost *cost = &finding->cost;
    return finding->per_unit.unit != API_MARK_KINDS && cost->peak < HARMLESS_BYTES &&
           cost->a_day > 0 && cost->a_day < HARMLESS_BYTES;
}

static void print_harmless(const struct text_report *report, const struct findings *findings)
{
    char text[UNITS_TEXT];
    bool any = false;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (!is_harmless(finding) || is_summed_up(finding))
            continue;
        if (!any)
            fputs("Harmless at the rate of this recording (--format=json has all of them):\n",
                  report->out);
        any = true;
        fprintf(report->out, "  %s a day  ", bytes_text((uint64_t)finding->cost.a_day, text));
        print_headline(report, finding);
    }
    if (any)
        putc('\n', report->out);
}

struct group {
    enum process_kind kind;
    enum process_phase phase;
    const char *words;
};

static bool is_in(const struct group *group, const struct finding *finding)
{
    return is_summed_up(finding) && finding->kind == group->kind && finding->phase == group->phase;
}

static void print_group_head(const struct text_report *report, const struct group *group,
                             const struct findings *findings)
{
    char text[UNITS_TEXT];
    uint64_t count = 0, bytes = 0, places = 0;
    for (size_t i = 0; i < findings->count; i++) {
        if (is_in(group, &findings->items[i])) {
            places++;
            count += findings->items[i].count;
            bytes += findings->items[i].bytes;
        }
    }
    if (places == 0)
        return;
    fprintf(report->out, "%swarning%s %s%s%s: straight from a root pool ", report->style.warning,
            report->style.off, report->style.strong, rule_permanent_pool_alloc.name,
            report->style.off);
    if (group->kind == PROCESS_SESSION)
        fprintf(report->out, "in %s, ", process_word(report->names.apis, PROCESS_SESSION, 2));
    fprintf(report->out, "%s: %s in ", group->words, bytes_text(bytes, text));
    print_count(report->out, count, "allocation", "allocations");
    fputs(", from ", report->out);
    print_count(report->out, places, "place", "places");
    putc('\n', report->out);
}

static void print_group(const struct text_report *report, const struct group *group,
                        const struct findings *findings)
{
    char text[UNITS_TEXT], number[UNITS_TEXT];
    uint64_t shown = 0, more = 0, bytes = 0;
    print_group_head(report, group, findings);
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (!is_in(group, finding))
            continue;
        if (shown++ < SUMMED_SHOWN) {
            fprintf(report->out, "    %9s  %5s x  ", bytes_text(finding->bytes, text),
                    count_text(finding->count, number));
            print_stack_brief(report, finding->stack, BRIEF_WIDTH);
            putc('\n', report->out);
        } else {
            more++;
            bytes += finding->bytes;
        }
    }
    if (more)
        fprintf(report->out, "    and %s more, %s together (all in --format=json)\n",
                count_text(more, number), bytes_text(bytes, text));
    if (shown)
        putc('\n', report->out);
}

static void print_groups(const struct text_report *report, const struct findings *findings)
{
    static const struct group groups[] = {
        {PROCESS_SESSION, PHASE_STEADY, "without growth"},
        {PROCESS_MASTER, PHASE_STEADY, "after start-up, without growth"},
        {PROCESS_MASTER, PHASE_SHUTDOWN, "at shutdown"},
        {PROCESS_MASTER, PHASE_START, "at start-up"},
    };
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        print_group(report, &groups[i], findings);
}

void print_cautions(FILE *out, const struct recording *recording)
{
    const struct recording_stats *stats = recording_stats(recording);
    if (stats->failed) {
        print_count(out, stats->failed, "process", "processes");
        fputs(" ended with a failure: lifeguard info has the exit status of each.\n", out);
    }
    if (stats->signalled) {
        print_count(out, stats->signalled, "process was", "processes were");
        fputs(" ended by a signal: lifeguard info has the signal of each.\n", out);
    }
    if (stats->unended) {
        print_count(out, stats->unended, "process", "processes");
        fputs(" without an exit record: killed, still running, or replaced by another program",
              out);
        if (stats->unended_idle)
            fprintf(out, " (%zu had no pool event)", stats->unended_idle);
        fputs(".\n", out);
    }
}

static void print_basis(const struct text_report *report, const struct analysis *analysis)
{
    const struct recording_stats *stats = recording_stats(analysis->recording);
    if (analysis->findings.count == 0 && analysis->left_out == 0 && stats->pool_events) {
        bool any = stats->commands + stats->restarts + stats->connections;
        fputs(any ? "Nothing found in " : "Nothing found, and ", report->out);
        print_units(report, stats);
        fputs(any ? ".\n" : " was seen.\n", report->out);
    }
    print_cautions(report->out, analysis->recording);
}

static void print_totals(FILE *out, const struct analysis *analysis)
{
    print_count(out, analysis->totals[SEVERITY_ERROR], "error", "errors");
    fputs(", ", out);
    print_count(out, analysis->totals[SEVERITY_WARNING], "warning", "warnings");
    fputs(", ", out);
    print_count(out, analysis->totals[SEVERITY_NOTE], "note", "notes");
    if (analysis->left_out) {
        fputs("; ", out);
        print_count(out, analysis->left_out, "finding", "findings");
        fputs(" not asked for", out);
    }
    putc('\n', out);
}

/* All of each finding; what is harmless at its rate, in a line. */
static void print_findings(const struct text_report *report, const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        if (!is_summed_up(&findings->items[i]) && !is_harmless(&findings->items[i]))
            print_finding(report, &findings->items[i]);
    }
    print_harmless(report, findings);
    print_groups(report, findings);
}

void render_report_text(FILE *out, const struct analysis *analysis, bool brief)
{
    struct terminal terminal;
    terminal_begin(&terminal, out);
    struct text_report report = {terminal.text, style_for(out), analysis->names, terminal.columns};
    print_head(&report, analysis);
    if (!brief)
        print_findings(&report, &analysis->findings);
    print_basis(&report, analysis);
    print_totals(report.out, analysis);
    terminal_end(&terminal, TERMINAL_WRAP, &report.style);
}
