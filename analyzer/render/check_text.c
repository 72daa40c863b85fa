/* check_text.c - a verdict for people. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/check_result.h"
#include "analyzer/render/text.h"
#include "analyzer/replay/unit_words.h"

#include <inttypes.h>
#include <stdlib.h>

#define BRIEF_WIDTH   80 /* columns, about, of a backtrace in one line */
#define PASSING_SHOWN 10 /* of what is new and passes */

static void print_grown(const struct text_report *report, const struct known_finding *was,
                        const struct known_finding *now)
{
    char text[KNOWN_AMOUNT_TEXT];
    print_untrusted(report,
                    known_amount_text(now, unit_word_of(report->names.apis, now->unit), text));
    if (was) {
        fputs("; it was ", report->out);
        print_untrusted(report,
                        known_amount_text(was, unit_word_of(report->names.apis, was->unit), text));
    }
    putc('\n', report->out);
}

/* What came or grew in a pool; false: it was not compared place by place. */
static bool print_grown_places(const struct text_report *report, const struct gate_verdict *verdict)
{
    const struct known_list *places = &verdict->known->places;
    bool any = false;
    for (size_t i = 0; verdict->grown && i < places->count; i++) {
        if (!verdict->grown[i].grew)
            continue;
        any = true;
        fputs(verdict->grown[i].was ? "    grown beyond the baseline: "
                                    : "    not in the baseline: ",
              report->out);
        print_untrusted(report, places->items[i].place);
        fputs(", ", report->out);
        print_grown(report, verdict->grown[i].was, &places->items[i]);
    }
    return any;
}

/* Why it fails, where it is not for being new and severe. */
static void print_reason(const struct text_report *report, const struct gate_verdict *verdict)
{
    char now[KNOWN_AMOUNT_TEXT];
    const struct growth_places *all = &verdict->finding->places;
    uint64_t places = all->count + all->left_out;
    if (!print_grown_places(report, verdict) && verdict->was) {
        fputs("    grown beyond the baseline: ", report->out);
        print_grown(report, verdict->was, verdict->known);
    } else if (!verdict->was && places > 1) {
        fprintf(report->out,
                "    the largest of %" PRIu64 " places (lifeguard report shows more)\n", places);
    }
    if (verdict->by_baseline && !verdict->was)
        fputs("    not in the baseline: in a root pool, that fails whatever its severity\n",
              report->out);
    if (verdict->limit) {
        fputs("    beyond the limit `", report->out);
        print_untrusted(report, verdict->limit->name);
        fprintf(report->out, "`: %s\n",
                known_amount_text(verdict->beyond,
                                  unit_word_of(report->names.apis, verdict->beyond->unit), now));
    }
}

static void print_file(const struct text_report *report, const struct check_result *result)
{
    if (!result->file) {
        print_untrusted(report, result->module);
        fputs(": ", report->out);
        return;
    }
    print_untrusted(report, result->file);
    if (result->line)
        fprintf(report->out, ":%u", result->line);
    fputs(": ", report->out);
}

/* As compilers do, for editors and log viewers to find their way to the line. */
static void print_verdict(const struct text_report *report, const struct check *check,
                          const struct gate_verdict *verdict)
{
    const struct style *style = &report->style;
    struct check_result result = check_result(check, verdict);
    print_file(report, &result);
    fprintf(report->out, "%s%s%s: ", verdict->fails ? style->error : style->warning,
            verdict->fails ? "error" : "warning", style->off);
    print_what(report, verdict->finding);
    fprintf(report->out, " %s[%s]%s\n    ", style->strong, verdict->finding->rule, style->off);
    print_stack_brief(report, result.stack, BRIEF_WIDTH);
    putc('\n', report->out);
    if (verdict->fails)
        print_reason(report, verdict);
    check_result_free(&result);
}

static void print_passing(const struct text_report *report, const struct check *check)
{
    const struct gate *gate = check->gate;
    size_t shown = 0;
    for (size_t i = 0; i < gate->count && shown < PASSING_SHOWN; i++) {
        if (!gate->verdicts[i].passes_new)
            continue;
        print_verdict(report, check, &gate->verdicts[i]);
        shown++;
    }
    if (shown < gate->passing_new) {
        print_count(report->out, gate->passing_new - shown, "more such finding passes",
                    "more such findings pass");
        fputs(" (lifeguard report shows all)\n", report->out);
    }
}

static void print_stale(const struct text_report *report, const struct suppression *item)
{
    print_untrusted(report, item->file);
    fprintf(report->out, ":%u: suppression `", item->line);
    print_untrusted(report, item->text);
    if (item->expired)
        fprintf(report->out, "` has expired on %s\n", item->expires);
    else
        fputs("` matched nothing\n", report->out);
}

static void print_gone(const struct text_report *report, const struct gone *gone)
{
    const struct known_finding *known = gone->known;
    fputs(gone->exercised ? "in the baseline, but no longer found: "
                          : "in the baseline, but not exercised: ",
          report->out);
    print_untrusted(report, known->rule);
    fputs(": `", report->out);
    print_pool_path(report, known->pool);
    fputs("`: ", report->out);
    print_untrusted(report, known->place);
    fprintf(report->out, " (%s)\n", known->id.text);
}

static void print_remarks(const struct text_report *report, const struct gate *gate)
{
    for (size_t i = 0; i < gate->stale_count; i++)
        print_stale(report, gate->stale[i]);
    for (size_t i = 0; i < gate->gone_count; i++)
        print_gone(report, &gate->gone[i]);
    for (size_t i = 0; i < gate->doubts.count; i++) {
        fputs(gate->failing ? "in doubt: " : "no verdict: ", report->out);
        print_untrusted(report, gate->doubts.text[i]);
        putc('\n', report->out);
    }
}

static void print_end(FILE *out, const struct check *check)
{
    char *summary = check_summary(check);
    fprintf(out, "lifeguard check: %s\n", summary);
    free(summary);
    if (!check->fails && check->gate->doubts.count == 0)
        print_cautions(out, check->analysis->recording);
}

void render_check_text(FILE *out, const struct check *check)
{
    struct text_report report = {out, style_for(out), check->analysis->names, 0};
    for (size_t i = 0; i < check->gate->count; i++) {
        if (check->gate->verdicts[i].fails)
            print_verdict(&report, check, &check->gate->verdicts[i]);
    }
    print_passing(&report, check);
    print_remarks(&report, check->gate);
    print_end(out, check);
}
