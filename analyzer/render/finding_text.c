/* finding_text.c - one finding for people: headline, pool, backtraces, advice. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/text.h"

#include "analyzer/profile/lifetimes.h"
#include "analyzer/render/last_use.h"
#include "analyzer/render/terminal.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/number_text.h"
#include "analyzer/util/wall_time.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIDS_SHOWN   8
#define LINE_WIDTH   96 /* columns */
#define PLACES_SHOWN 8  /* of those that a pool grows by */
#define TURN_WIDTH   60 /* columns, about, of a backtrace of one */
#define PLACE_WIDTH  40 /* columns, about, of a place's backtrace */
#define SEPARATOR    " > "

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
        fprintf(report->out, "+%s, %s times", bytes_text((uint64_t)growth->bytes, bytes),
                count_text((uint64_t)growth->count, count));
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
    if (finding->pids.count < 2)
        return;
    fputs(" in ", report->out);
    print_count(report->out, finding->pids.count,
                process_word(report->names.apis, finding->kind, 1),
                process_word(report->names.apis, finding->kind, 2));
}

static void print_phase(const struct text_report *report, const struct finding *finding)
{
    static const char *const words[] = {" at start-up", " after start-up", " at shutdown"};
    if (finding->kind != PROCESS_SESSION)
        fputs(words[finding->phase], report->out);
    else if (finding->pids.count == 1)
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
        if (finding->pids.count == 1 && finding->per_unit.unit != API_MARK_KINDS) {
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

/* The worst one first, with what it has of it. */
static void print_pids(const struct text_report *report, const struct finding *finding)
{
    const struct process_share *worst = &finding->worst;
    const bool several = finding->pids.count > 1 && worst->pid;
    size_t shown = several;
    char held[UNITS_TEXT], count[UNITS_TEXT];
    fprintf(report->out, "    process  %s", process_word(report->names.apis, finding->kind, 1));
    if (several)
        fprintf(report->out, " %" PRId32 " with most: %s in %s of %s", worst->pid,
                bytes_text(worst->held, held), count_text(worst->count, count),
                count_text(finding->count, (char[UNITS_TEXT]){0}));
    for (size_t i = 0; i < finding->pids.count && shown < PIDS_SHOWN; i++) {
        const int32_t pid = finding->pids.items[i];
        if (several && pid == worst->pid)
            continue;
        fprintf(report->out, "%s %" PRId32, shown == 0 ? "" : shown == several ? ";" : ",", pid);
        shown++;
    }
    if (finding->pids.count > PIDS_SHOWN)
        fprintf(report->out, " and %zu more", finding->pids.count - PIDS_SHOWN);
    putc('\n', report->out);
}

static void print_times(const struct text_report *report, const struct finding *finding)
{
    if (finding->first_ns == 0)
        return;
    char first[WALL_TIME_TEXT], last[WALL_TIME_TEXT];
    fprintf(report->out, "    seen     %s to %s", wall_time_local(finding->first_ns, first),
            wall_time_local(finding->last_ns, last));
    if (finding->start_ns && finding->first_ns >= finding->start_ns)
        fprintf(report->out, " (+%.1fs to +%.1fs)",
                (double)(finding->first_ns - finding->start_ns) / 1e9,
                (double)(finding->last_ns - finding->start_ns) / 1e9);
    putc('\n', report->out);
}

void print_shape(const struct text_report *report, const struct finding *finding)
{
    if (!report->style.utf8 || finding->per_unit.shape_count < 2)
        return;
    fprintf(report->out, "  %s", severity_style(&report->style, finding->severity));
    terminal_sparkline(report->out, finding->per_unit.shape, finding->per_unit.shape_count);
    fputs(report->style.off, report->out);
}

/* "; stops at 64 pools" */
void print_stop(const struct text_report *report, const struct finding *finding)
{
    char text[UNITS_TEXT];
    const bool pools = finding->rule == rule_leaked_subpool.name;
    if (finding->stops_at)
        fprintf(report->out, "; stops at %s%s",
                pools ? count_text(finding->stops_at, text) : bytes_text(finding->stops_at, text),
                pools ? " pools" : "");
}

/* What the growth in the headline is drawn from. */
static void print_fit(const struct text_report *report, const struct finding *finding)
{
    char grew[UNITS_TEXT];
    if (finding->per_unit.unit == API_MARK_KINDS || finding->per_unit.largest)
        return;
    fprintf(report->out, "    growth   in %s of ", count_text(finding->per_unit.grew, grew));
    print_count(report->out, finding->per_unit.units,
                unit_word(report->names.apis, finding->per_unit.unit, 1),
                unit_word(report->names.apis, finding->per_unit.unit, 2));
    fputs(finding->per_unit.steady ? ", steady" : ", in bursts", report->out);
    print_stop(report, finding);
    if (report->columns)
        print_shape(report, finding);
    putc('\n', report->out);
}

void print_held(FILE *out, uint64_t bytes, bool estimated)
{
    char text[UNITS_TEXT];
    fprintf(out, "%s%s", estimated ? "about " : "", bytes_text(bytes, text));
}

/* What the pools' blocks hold, beside what was asked for. */
static void print_cost(const struct text_report *report, const struct finding *finding)
{
    char text[UNITS_TEXT];
    const struct cost *cost = &finding->cost;
    if (cost->peak == 0)
        return;
    fputs("    holds    ", report->out);
    print_held(report->out, cost->peak, cost->estimated);
    fprintf(report->out, " for %s asked for", bytes_text(finding->bytes, text));
    if (cost->end < cost->peak)
        fprintf(report->out, ", %s%s in the end", cost->end && cost->estimated ? "about " : "",
                bytes_text(cost->end, text));
    if (finding->per_unit.unit != API_MARK_KINDS)
        fprintf(report->out, "; +%s %s %s", bytes_text((uint64_t)llround(cost->a_unit), text),
                finding->per_unit.largest ? "in one" : "per",
                unit_word(report->names.apis, finding->per_unit.unit, 1));
    if (cost->a_day > 0 && cost->a_day_says)
        fprintf(report->out, ", %s a day at this rate",
                bytes_text((uint64_t)fmin(cost->a_day, 1e18), text));
    putc('\n', report->out);
}

static void print_titled_stack(const struct text_report *report, const char *title, uint32_t stack)
{
    fprintf(report->out, "    %s\n", title);
    print_stack(report, stack);
}

/* TEXT, which is a rule's own, in lines of LINE_WIDTH columns at most under its title. */
static void print_wrapped(const struct text_report *report, const char *title, const char *text)
{
    size_t column = (size_t)fprintf(report->out, "    %-8s", title), indent = column;
    size_t width = report->columns && report->columns < LINE_WIDTH ? report->columns : LINE_WIDTH;
    while (*text) {
        size_t length = strcspn(text, " ");
        if (column > indent && column + 1 + length > width)
            column = (size_t)fprintf(report->out, "\n%*s", (int)indent, "") - 1;
        column += (size_t)fprintf(report->out, " %.*s", (int)length, text);
        text += length + (text[length] == ' ');
    }
    putc('\n', report->out);
}

static void print_advice(const struct text_report *report, const struct finding *finding)
{
    char *advice = last_use_advice(finding);
    char *shown = advice ? escaped_text(advice) : NULL;
    if (shown)
        print_wrapped(report, "advice", shown);
    free(shown);
    free(advice);
}

/* What a part comes to: so many pools or allocations, and which share of all. */
static void print_share(const struct text_report *report, const struct finding *finding,
                        const struct growth_place *place)
{
    char text[UNITS_TEXT];
    double share = finding->bytes ? 100.0 * (double)place->bytes / (double)finding->bytes
                                  : 100.0 * (double)place->count / (double)finding->count;
    fprintf(report->out, "      %7s x  %5.1f %%  ", count_text(place->count, text), share);
}

/* Of several: the number, the part of all bytes, and where. */
static void print_places(const struct text_report *report, const struct finding *finding)
{
    const struct growth_places *places = &finding->places;
    if (places->count < 2)
        return;
    uint64_t more = places->left_out, bytes = places->left_bytes;
    fputs("    called in ", report->out);
    print_count(report->out, places->count + places->left_out, "way", "ways");
    putc('\n', report->out);
    for (size_t i = 0; i < places->count; i++) {
        if (i >= PLACES_SHOWN && places->count + places->left_out > PLACES_SHOWN + 1) {
            more++;
            bytes += places->items[i].bytes;
            continue;
        }
        print_share(report, finding, &places->items[i]);
        print_stack_brief(report, places->items[i].stack, PLACE_WIDTH);
        putc('\n', report->out);
    }
    char text[UNITS_TEXT], number[UNITS_TEXT];
    if (more)
        fprintf(report->out, "      and %s more, %s together (all in --format=json)\n",
                count_text(more, number), bytes_text(bytes, text));
}

const char *finding_stack_title(const struct finding *finding)
{
    if (finding->crash)
        return "it came at";
    if (finding->access.known)
        return access_stack_title(&finding->access);
    if (finding->rule == rule_double_destroy.name)
        return "destroyed again at";
    if (finding->rule == rule_use_after_destroy.name)
        return "used at";
    if (finding->rule == rule_dangling_pointer.name)
        return "held by the variable at";
    if (finding->places.count > 1)
        return "allocated at (the largest of these)";
    return finding->stack_bytes < finding->bytes ? "allocated at (most of it)" : "allocated at";
}

const char *finding_end_title(const struct finding *finding)
{
    return finding->access.cleared ? "pool cleared at" : "pool destroyed at";
}

static void print_path(const struct text_report *report, const char *path)
{
    fputs("    pool     ", report->out);
    print_pool_path(report, path);
}

static void print_pool(const struct text_report *report, const struct finding *finding)
{
    print_path(report, finding->path ? finding->path : "(no name)");
    if (finding->role && finding->rule != rule_permanent_pool_alloc.name) {
        fputs("  (", report->out);
        print_untrusted(report, finding->role);
        putc(')', report->out);
    }
    putc('\n', report->out);
}

/* What a unit did first that the other one did not. */
static void print_turn(const struct text_report *report, enum api_mark_kind unit, uint32_t index,
                       const char *event, uint32_t stack)
{
    char text[UNITS_TEXT];
    fprintf(report->out, "      %s %s: %s%s", unit_word(report->names.apis, unit, 1),
            count_text(index, text), event, stack ? " at " : "");
    if (stack)
        print_stack_brief(report, stack, TURN_WIDTH);
    putc('\n', report->out);
}

static void print_divergence(const struct text_report *report, const struct finding *finding)
{
    const struct divergence *turn = &finding->divergence;
    const enum api_mark_kind unit = finding->per_unit.unit;
    if (!turn->known)
        return;
    fprintf(report->out, "    went another way than a %s that destroyed its pool, first at\n",
            unit_word(report->names.apis, unit, 1));
    print_turn(report, unit, turn->left.unit, divergence_event(turn->event, turn->stack),
               turn->stack);
    print_turn(report, unit, turn->ended.unit,
               divergence_event(turn->other_event, turn->other_stack), turn->other_stack);
}

void print_finding(const struct text_report *report, const struct finding *finding)
{
    print_headline(report, finding);
    if (!finding->crash || finding->path)
        print_pool(report, finding);
    print_pids(report, finding);
    print_times(report, finding);
    print_fit(report, finding);
    print_cost(report, finding);
    print_reachability(report, finding);
    print_places(report, finding);
    if (finding->stack)
        print_titled_stack(report, finding_stack_title(finding), finding->stack);
    print_crash(report, finding);
    if (finding->allocated)
        print_titled_stack(report, "allocated at", finding->allocated);
    /* Where a root pool was made tells nothing. */
    if (finding->created && finding->rule != rule_permanent_pool_alloc.name)
        print_titled_stack(report, "pool made at", finding->created);
    if (finding->others)
        print_titled_stack(report, "others of that place are destroyed at", finding->others);
    print_divergence(report, finding);
    if (finding->destroyed)
        print_titled_stack(report, finding_end_title(finding), finding->destroyed);
    print_advice(report, finding);
    fprintf(report->out, "    %sid       %s%s%s\n\n", report->style.faint, finding->id.text,
            finding->id.weak ? " (weak: not every frame has a name)" : "", report->style.off);
}
