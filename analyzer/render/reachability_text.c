/* reachability_text.c - what a walk said of a finding, in a report. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/text.h"

#include "analyzer/replay/unit_words.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/number_text.h"

#include <inttypes.h>

/* "restart 2", or nothing where no unit has begun. */
static void print_unit(const struct text_report *report, struct unit unit)
{
    char index[UNITS_TEXT];
    if (unit.kind > API_MARK_CONNECTION)
        return;
    fprintf(report->out, ", %s %s", unit_word(report->names.apis, unit.kind, 1),
            count_text(unit.index, index));
}

static void print_moment(const struct text_report *report, const struct finding *finding,
                         uint64_t ns, struct unit unit)
{
    if (finding->start_ns && ns >= finding->start_ns)
        fprintf(report->out, "+%.1fs", (double)(ns - finding->start_ns) / 1e9);
    else
        fputs("a moment not known", report->out);
    print_unit(report, unit);
}

void print_lost_sum(const struct text_report *report, const struct finding *finding)
{
    char count[UNITS_TEXT], alive[UNITS_TEXT], held[UNITS_TEXT];
    const struct reachability *reach = finding->reach;
    fprintf(report->out, "nothing refers to %s", count_text(finding->count, count));
    if (reach)
        fprintf(report->out, " of %s alive, %s held", count_text(reach->alive, alive),
                bytes_text(reach->held, held));
}

void print_dangling_sum(const struct text_report *report, const struct finding *finding)
{
    const struct reachability *reach = finding->reach;
    fputs("destroyed, and ", report->out);
    if (!reach || !reach->holder) {
        fputs("a variable still has an address in it", report->out);
        return;
    }
    fputs("data of `", report->out);
    print_untrusted(report, reach->holder);
    fputs("` still has an address in it", report->out);
}

static void print_lost(const struct text_report *report, const struct finding *finding)
{
    static const char *const found[TRACE_WALK_WHENS] = {
        [TRACE_WALK_AT_EXIT] = "at the exit",
        [TRACE_WALK_AT_SHUTDOWN] = "before the shutdown",
        [TRACE_WALK_AT_FORK] = "before a fork",
        [TRACE_WALK_AT_UNIT] = "between units of work",
    };
    const struct reachability *reach = finding->reach;
    char count[UNITS_TEXT], alive[UNITS_TEXT];
    if (finding->rule != rule_unreachable_subpool.name)
        fprintf(report->out, "    walk     nothing refers to %s of %s of them\n",
                count_text(reach->unreachable, count), count_text(reach->alive, alive));
    fputs("    lost     between ", report->out);
    print_moment(report, finding, reach->last_ns, reach->last);
    fputs(" and ", report->out);
    print_moment(report, finding, reach->walk_ns, reach->walk);
    fprintf(report->out, "; found %s\n", found[reach->when]);
}

static void print_holder(const struct text_report *report, const struct finding *finding)
{
    const struct reachability *reach = finding->reach;
    if (reach->holder) {
        fputs("    holder   `", report->out);
        print_untrusted(report, reach->holder);
        if (reach->holder_offset == UINT64_MAX)
            fputs("`, in one of its further blocks", report->out);
        else
            fprintf(report->out, "` + 0x%" PRIx64, reach->holder_offset);
        putc('\n', report->out);
    }
    fprintf(report->out,
            "    address  0x%" PRIx64 " behind the beginning of %sthe destroyed pool\n",
            reach->offset, reach->further ? "a further block of " : "");
}

void print_reachability(const struct text_report *report, const struct finding *finding)
{
    if (!finding->reach)
        return;
    if (finding->rule == rule_dangling_pointer.name)
        print_holder(report, finding);
    else
        print_lost(report, finding);
}
