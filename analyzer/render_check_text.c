#include "render_check.h"
#include "text_report.h"

#include <string.h>

#define BRIEF_WIDTH 80 /* columns, about, of a backtrace in one line */

/* Why it fails, where it is not for being new and severe. */
static void print_reason(const struct text_report *report, const struct gate_verdict *verdict)
{
    char now[KNOWN_AMOUNT_TEXT], was[KNOWN_AMOUNT_TEXT];
    if (verdict->was) {
        fputs("    grown beyond the baseline: ", report->out);
        print_untrusted(report, known_amount_text(verdict->known, now));
        fputs("; it was ", report->out);
        print_untrusted(report, known_amount_text(verdict->was, was));
        putc('\n', report->out);
    }
    if (verdict->limit) {
        fputs("    beyond the limit `", report->out);
        print_untrusted(report, verdict->limit->name);
        fprintf(report->out, "`: %s\n", known_amount_text(verdict->known, now));
    }
}

static void print_failure(const struct text_report *report, const struct gate_verdict *verdict)
{
    struct finding finding = *verdict->finding;
    finding.severity = verdict->severity;
    print_headline(report, &finding);
    fputs("    ", report->out);
    print_stack_brief(report, finding.stack ? finding.stack : finding.culprit, BRIEF_WIDTH);
    putc('\n', report->out);
    print_reason(report, verdict);
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

static void print_gone(const struct text_report *report, const struct known *known)
{
    fputs("in the baseline, but no longer found: ", report->out);
    print_untrusted(report, known->rule);
    fputs(": `", report->out);
    print_untrusted(report, known->pool);
    fputs("`: ", report->out);
    print_untrusted(report, known->place);
    fprintf(report->out, " (%s)\n", known->id.text);
}

static void print_remarks(const struct text_report *report, const struct gate *gate)
{
    for (size_t i = 0; i < gate->stale_count; i++)
        print_stale(report, gate->stale[i]);
    for (size_t i = 0; i < gate->gone_count; i++)
        print_gone(report, gate->gone[i]);
    for (size_t i = 0; i < gate->doubts.count; i++) {
        fputs("no verdict: ", report->out);
        print_untrusted(report, gate->doubts.text[i]);
        putc('\n', report->out);
    }
}

static void print_verdict(FILE *out, const struct check *check)
{
    const struct gate *gate = check->gate;
    fputs("lifeguard check: ", out);
    print_count(out, gate->failing, "finding fails", "findings fail");
    if (gate->suppressed)
        fprintf(out, ", %zu suppressed", gate->suppressed);
    if (gate->unchanged)
        fprintf(out, ", %zu in the baseline", gate->unchanged);
    if (gate->doubts.count) {
        fputs(", NO VERDICT: the recording is not good enough to judge by\n", out);
    } else if (check->fails) {
        fputs(gate->failing ? ": failed\n" : ", stale suppressions: failed\n", out);
    } else {
        fputs(": passed\n", out);
        print_cautions(out, recording_account(check->analysis->recording));
    }
}

void render_check_text(FILE *out, const struct check *check)
{
    struct text_report report = {out, style_for(out), check->analysis->names};
    for (size_t i = 0; i < check->gate->count; i++) {
        if (check->gate->verdicts[i].fails)
            print_failure(&report, &check->gate->verdicts[i]);
    }
    print_remarks(&report, check->gate);
    print_verdict(out, check);
}
