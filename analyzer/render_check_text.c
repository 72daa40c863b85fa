#include "render_check.h"
#include "text_report.h"

#define BRIEF_WIDTH 80 /* columns, about, of a backtrace in one line */

static void print_failure(const struct text_report *report, const struct finding *finding)
{
    print_headline(report, finding);
    fputs("    ", report->out);
    print_stack_brief(report, finding->stack ? finding->stack : finding->culprit, BRIEF_WIDTH);
    putc('\n', report->out);
}

static void print_doubts(FILE *out, const struct text_report *report, const struct doubts *doubts)
{
    for (size_t i = 0; i < doubts->count; i++) {
        fputs("no verdict: ", out);
        print_untrusted(report, doubts->text[i]);
        putc('\n', out);
    }
}

static void print_verdict(FILE *out, const struct check *check)
{
    fputs("lifeguard check: ", out);
    print_count(out, check->gate->failing, "error", "errors");
    if (check->gate->doubts.count) {
        fputs(", NO VERDICT: the recording is not good enough to judge by\n", out);
    } else if (check->gate->failing) {
        fputs(": failed\n", out);
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
            print_failure(&report, check->gate->verdicts[i].finding);
    }
    print_doubts(out, &report, &check->gate->doubts);
    print_verdict(out, check);
}
