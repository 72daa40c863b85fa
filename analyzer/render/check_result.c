/* check_result.c - what every format tells of a verdict; see check_result.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/check_result.h"

#include "analyzer/render/style.h"
#include "analyzer/render/summary.h"
#include "analyzer/render/text.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"
#include "analyzer/util/text.h"

#include <math.h>
#include <stdlib.h>

static void find_place(struct check_result *result, const struct check *check)
{
    struct logical_stack stack = logical_stack(&check->analysis->names, result->stack);
    for (size_t i = stack.top; i < stack.count && !result->file; i++) {
        char *file = source_map_find(check->sources, &stack.frames[i]);
        result->file = file ? xstrdup(redact_file(file)) : NULL;
        free(file);
        result->line = result->file ? stack.frames[i].line : 0;
    }
    const char *module = stack.top < stack.count ? stack.frames[stack.top].module : NULL;
    result->module = xstrdup(module ? module : "?");
    logical_stack_free(&stack);
}

/* Of a pool that has grown, by what. */
static void print_culprit(const struct text_report *report, const struct gate_verdict *verdict)
{
    if (verdict->state != GATE_GROWN || !verdict->culprit)
        return;
    char bytes[GROWTH_TEXT];
    const struct unit_growth *growth = &verdict->culprit->per_unit;
    fprintf(report->out, "; beyond the baseline: %s per %s at ", growth_bytes_text(growth, bytes),
            unit_word(report->names.apis, growth->unit, 1));
    print_stack_brief(report, verdict->culprit->stack, 0);
}

/* What it holds, and where it comes from. */
static void print_held_at(const struct text_report *report, const struct finding *finding)
{
    char *where = finding_where(finding, &report->names, 0);
    if (finding->cost.peak) {
        fputs("; holds ", report->out);
        print_held(report->out, finding->cost.peak, finding->cost.estimated);
    }
    print_stop(report, finding);
    fputs("; at ", report->out);
    print_untrusted(report, where);
    free(where);
}

static char *message_of(const struct check *check, const struct gate_verdict *verdict)
{
    struct text text;
    const struct text_report report = {text_open(&text), style_plain, check->analysis->names, 0};
    print_what(&report, verdict->finding);
    print_held_at(&report, verdict->finding);
    print_culprit(&report, verdict);
    return text_close(&text);
}

struct check_result check_result(const struct check *check, const struct gate_verdict *verdict)
{
    const struct finding *finding = verdict->finding;
    struct check_result result = {.verdict = verdict,
                                  .level = verdict->fails ? SEVERITY_ERROR : verdict->severity,
                                  .stack = verdict->culprit ? verdict->culprit->stack
                                           : finding->stack ? finding->stack
                                                            : finding->culprit,
                                  .message = message_of(check, verdict)};
    find_place(&result, check);
    return result;
}

void check_result_free(struct check_result *result)
{
    free(result->file);
    free(result->module);
    free(result->message);
}

static void print_verdict(FILE *out, const struct check *check)
{
    const struct gate *gate = check->gate;
    print_count(out, gate->failing, "finding fails", "findings fail");
    if (gate->suppressed)
        fprintf(out, ", %zu suppressed", gate->suppressed);
    if (gate->unchanged)
        fprintf(out, ", %zu in the baseline", gate->unchanged);
    if (gate->passing_new)
        fprintf(out, ", %zu let pass", gate->passing_new);
    if (gate->failing && gate->doubts.count)
        fputs(": failed, and the recording is not good enough to judge the rest by", out);
    else if (gate->doubts.count)
        fputs(", NO VERDICT: the recording is not good enough to judge by", out);
    else if (check->fails)
        fputs(gate->failing ? ": failed" : ", stale suppressions: failed", out);
    else
        fputs(": passed", out);
    if (gate->gap > 0)
        fprintf(out, "; %.2g %% of what the pools hold was not traced, which the policy accepts",
                gate->gap);
}

char *check_summary(const struct check *check)
{
    struct text text;
    print_verdict(text_open(&text), check);
    return text_close(&text);
}
