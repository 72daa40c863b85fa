/* finding_text.c - one finding for people: below its headline, pool, backtraces, advice. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/text.h"

#include "analyzer/render/last_use.h"
#include "analyzer/render/terminal.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/escape.h"
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

/* The worst one first, with what it has of it. */
static void print_pids(const struct text_report *report, const struct finding *finding)
{
    const struct process_share *worst = &finding->worst;
    const bool several = pid_list_total(&finding->pids) > 1 && worst->pid;
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
    if (pid_list_total(&finding->pids) > PIDS_SHOWN)
        fprintf(report->out, " and %zu more", pid_list_total(&finding->pids) - PIDS_SHOWN);
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
    static const char *const days[] = {"", "", "; it rests in the last day",
                                       "; growth is that of the last day alone"};
    fprintf(report->out, "%s\n", days[finding->last_day]);
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
    char text[UNITS_TEXT], time[UNITS_TEXT];
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
    if (cost->a_day > 0 && cost->rate_ns)
        fprintf(report->out, ", %s a day at the rate of these %s",
                bytes_text((uint64_t)fmin(cost->a_day, 1e18), text),
                duration_text(cost->rate_ns, time));
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
