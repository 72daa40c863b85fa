/* finding_headline.c - one finding in a line for people: rule, pool, growth, what it comes to. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/text.h"

#include "analyzer/profile/lifetimes.h"
#include "analyzer/render/terminal.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEPARATOR " > "

void print_count(FILE *out, uint64_t count, const char *one, const char *many)
{
    char text[UNITS_TEXT];
    fprintf(out, "%s %s", count_text(count, text), count == 1 ? one : many);
}

/* NAME, which it frees. */
static void print_label(const struct text_report *report, char *name)
{
    putc('`', report->out);
    print_untrusted(report, name);
    putc('`', report->out);
    free(name);
}

#define NO_NAME "(no name)"

char *finding_pool(const struct finding *finding)
{
    const char *label = finding->path ? pool_path_label(finding->path) : NO_NAME;
    if (finding->role && strcmp(label, NO_NAME) == 0)
        return xstrdup(finding->role);
    return pool_path_plain(label, strlen(label));
}

/* The last two labels of the pool's path: its own and its parent's. */
static void print_pool_name(const struct text_report *report, const struct finding *finding)
{
    const char *path = finding->path ? finding->path : NO_NAME;
    const char *parent = NULL, *own = path;
    for (const char *at = path; (at = strstr(at, SEPARATOR));) {
        parent = own;
        own = at = at + strlen(SEPARATOR);
    }
    print_label(report, finding_pool(finding));
    if (parent) {
        fputs(" under ", report->out);
        print_label(report, pool_path_plain(parent, (size_t)(own - parent) - strlen(SEPARATOR)));
    }
}

/* Whether all units that grew did so by about the same. */
static bool is_even(const struct unit_growth *growth)
{
    return fabs(growth->mean - growth->bytes) <= growth->bytes / 10;
}

const char *growth_bytes_text(const struct unit_growth *growth, char text[GROWTH_TEXT])
{
    *text = '~';
    bytes_text((uint64_t)llround(growth->bytes), growth->estimated ? text + 1 : text);
    return text;
}

const char *severity_style(const struct style *style, enum severity severity)
{
    const char *const colors[] = {style->note, style->warning, style->error};
    return colors[severity];
}

/* "`OPTS`" */
static void print_unit_label(const struct text_report *report, const char *label)
{
    putc('`', report->out);
    print_untrusted(report, label);
    putc('`', report->out);
}

/* " (300 of 300 `OPTS`, 20 of 4,000 others)": which units those were that grew, if one label has
 * them. */
static void print_label_growth(const struct text_report *report, const struct label_growth *label)
{
    char grew[UNITS_TEXT], units[UNITS_TEXT];
    if (!label->label)
        return;
    fprintf(report->out, " (%s of %s ", count_text(label->grew, grew),
            count_text(label->units, units));
    print_unit_label(report, label->label);
    if (label->others)
        fprintf(report->out, ", %s of %s others",
                label->others_grew ? count_text(label->others_grew, grew) : "none",
                count_text(label->others, units));
    putc(')', report->out);
}

/* Of single units: the largest. */
static void print_largest(const struct text_report *report, const struct finding *finding)
{
    const struct unit_growth *growth = &finding->per_unit;
    char bytes[UNITS_TEXT], count[UNITS_TEXT], grew[UNITS_TEXT];
    if (finding->pools)
        fprintf(report->out, "+%s pools, %s%s held", count_text((uint64_t)growth->count, count),
                finding->cost.estimated ? "about " : "",
                bytes_text((uint64_t)finding->cost.a_unit, bytes));
    else
        fprintf(report->out, "+%s, %s%s times", bytes_text((uint64_t)growth->bytes, bytes),
                growth->estimated ? "about " : "", count_text((uint64_t)growth->count, count));
    fprintf(report->out, ", in one %s", unit_word(report->names.apis, growth->unit, 1));
    if (growth->label.label) {
        putc(' ', report->out);
        print_unit_label(report, growth->label.label);
    }
    if (growth->grew > 1)
        fprintf(report->out, ", the most of %s", count_text(growth->grew, grew));
}

void print_growth(const struct text_report *report, const struct finding *finding)
{
    char bytes[GROWTH_TEXT], grew[UNITS_TEXT], units[UNITS_TEXT];
    if (finding->per_unit.largest) {
        print_largest(report, finding);
        return;
    }
    putc('+', report->out);
    if (strcmp(finding->rule, "leaked-subpool") == 0) {
        print_count(report->out, (uint64_t)llround(finding->per_unit.count), "pool", "pools");
        fputs(", ", report->out);
    }
    fputs(growth_bytes_text(&finding->per_unit, bytes), report->out);
    uint64_t seen = finding->per_unit.units;
    bool even = is_even(&finding->per_unit);
    if (even && finding->per_unit.grew + seen / 10 >= seen)
        fprintf(report->out, " at each %s",
                unit_word(report->names.apis, finding->per_unit.unit, 1));
    else
        fprintf(report->out, " %s %s out of %s %s", even ? "in each of" : "(median) in",
                count_text(finding->per_unit.grew, grew), count_text(seen, units),
                unit_word(report->names.apis, finding->per_unit.unit, seen));
    print_label_growth(report, &finding->per_unit.label);
}

/* "in 50 sessions" where it is more than one. */
static void print_processes(const struct text_report *report, const struct finding *finding)
{
    if (pid_list_total(&finding->pids) < 2)
        return;
    fputs(" in ", report->out);
    print_count(report->out, pid_list_total(&finding->pids),
                process_word(report->names.apis, finding->kind, 1),
                process_word(report->names.apis, finding->kind, 2));
}

static void print_phase(const struct text_report *report, const struct finding *finding)
{
    static const char *const words[] = {" at start-up", " after start-up", " at shutdown"};
    if (finding->kind != PROCESS_SESSION)
        fputs(words[finding->phase], report->out);
    else if (pid_list_total(&finding->pids) == 1)
        fprintf(report->out, " in a %s", process_word(report->names.apis, PROCESS_SESSION, 1));
}

void print_departure(const struct text_report *report, enum departure departure)
{
    static const char *const words[DEPARTURES] = {
        "as documented", "not ended before the next was made", "made again in its process",
        "ended only with its parent", "there when its "};
    fputs(words[departure < DEPARTURES ? departure : DEPARTS_NOT], report->out);
    if (departure == DEPARTS_AT_EXIT)
        fprintf(report->out, "%s exited", process_word(report->names.apis, PROCESS_SESSION, 1));
}

/* What it comes to in all. */
static void print_sum(const struct text_report *report, const struct finding *finding)
{
    char bytes[UNITS_TEXT];
    if (strcmp(finding->rule, "leaked-subpool") == 0) {
        fprintf(report->out, "%s %s", count_text(finding->count, bytes),
                finding->given_back ? "until given back" : "alive");
        if (pid_list_total(&finding->pids) == 1 && finding->per_unit.unit != API_MARK_KINDS) {
            fputs(" after ", report->out);
            print_count(report->out, finding->per_unit.units,
                        unit_word(report->names.apis, finding->per_unit.unit, 1),
                        unit_word(report->names.apis, finding->per_unit.unit, 2));
        }
    } else if (finding->rule == rule_lifetime_contract.name) {
        print_count(report->out, finding->count, "pool", "pools");
        putc(' ', report->out);
        print_departure(report, finding->departure);
    } else if (finding->rule == rule_alive_at_exit.name) {
        print_count(report->out, finding->count, "pool", "pools");
        fprintf(report->out, " left at the exit, %s", bytes_text(finding->bytes, bytes));
    } else if (finding->rule == rule_needless_subpool.name) {
        print_count(report->out, finding->count, "pool", "pools");
        fprintf(report->out, " made and ended for %s in all", bytes_text(finding->bytes, bytes));
    } else if (finding->rule == rule_unreachable_subpool.name) {
        print_lost_sum(report, finding);
    } else if (finding->rule == rule_dangling_pointer.name) {
        print_dangling_sum(report, finding);
    } else if (finding->crash) {
        print_crash_sum(report, finding);
    } else if (finding->access.known) {
        print_access_sum(report, finding);
    } else if (finding->rule == rule_double_destroy.name) {
        fputs("destroyed again ", report->out);
        print_count(report->out, finding->count, "time", "times");
    } else if (finding->rule == rule_use_after_destroy.name) {
        print_count(report->out, finding->count, "use", "uses");
        fprintf(report->out, " after its end, %s taken", bytes_text(finding->bytes, bytes));
    } else {
        print_count(report->out, finding->count, finding->pools ? "pool" : "allocation",
                    finding->pools ? "pools" : "allocations");
        fprintf(report->out, ", %s%s%s", finding->pools && finding->cost.estimated ? "about " : "",
                bytes_text(finding->pools ? finding->cost.peak : finding->bytes, bytes),
                finding->pools ? " held" : "");
        print_phase(report, finding);
        fputs(finding->given_back ? " until given back" : "", report->out);
    }
    print_processes(report, finding);
    if (finding->below) {
        fputs(", with ", report->out);
        print_count(report->out, finding->below, "pool", "pools");
        fputs(" below", report->out);
    }
}

void print_what(const struct text_report *report, const struct finding *finding)
{
    if (!finding->crash || finding->path) {
        print_pool_name(report, finding);
        fputs(": ", report->out);
    }
    if (finding->per_unit.unit != API_MARK_KINDS) {
        print_growth(report, finding);
        fputs("; ", report->out);
    }
    print_sum(report, finding);
}

void print_headline(const struct text_report *report, const struct finding *finding)
{
    static const char *const words[] = {"note", "warning", "ERROR"};
    const struct style *style = &report->style;
    fprintf(report->out, "%s%s%s %s%s%s: ", severity_style(&report->style, finding->severity),
            words[finding->severity], style->off, style->strong, finding->rule, style->off);
    print_what(report, finding);
    putc('\n', report->out);
}
