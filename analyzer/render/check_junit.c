/* check_junit.c - a verdict as JUnit's XML: a test case a finding. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/check_result.h"
#include "analyzer/render/style.h"
#include "analyzer/render/text.h"

#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/text.h"

#include <stdlib.h>
#include <string.h>

/* What is counted ahead of the tests. */
struct tally {
    size_t tests, failures, errors, skipped;
};

/* Printable already: what is no XML character was escaped with the rest. */
static void put_xml(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("&<>\"'", *text))
            fprintf(out, "&#%d;", *text);
        else
            putc(*text, out);
    }
}

static void put_xml_raw(FILE *out, const char *bytes)
{
    size_t size = ESCAPED_SIZE(strlen(bytes));
    char *text = xmalloc(size);
    escape_text(bytes, strlen(bytes), text, size);
    put_xml(out, text);
    free(text);
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    put_xml_raw(out, value);
    putc('"', out);
}

/* As lifeguard report shows it. */
static void put_details(FILE *out, const struct check *check, const struct finding *finding)
{
    struct text text;
    const struct text_report report = {text_open(&text), style_plain, check->analysis->names, 0};
    print_finding(&report, finding);
    put_xml(out, text_close(&text));
    free(text.bytes);
}

static void put_failure(FILE *out, const struct check *check, const struct check_result *result)
{
    fputs("    <failure", out);
    put_attribute(out, "type", result->verdict->finding->rule);
    fputs(" message=\"", out);
    put_xml(out, result->message);
    fputs("\">", out);
    put_details(out, check, result->verdict->finding);
    fputs("</failure>\n", out);
}

static void put_skipped(FILE *out, const char *why)
{
    fputs("    <skipped", out);
    put_attribute(out, "message", why);
    fputs("/>\n", out);
}

static void begin_case(FILE *out, struct tally *tally, const char *class, const char *name,
                       const char *id)
{
    fprintf(out, "  <testcase classname=\"lifeguard.%s\" name=\"", class);
    put_xml_raw(out, name);
    if (id)
        fprintf(out, " [%s]", id);
    fputs("\" time=\"0\"", out);
    tally->tests++;
}

static void end_case(FILE *out)
{
    fputs("  </testcase>\n", out);
}

/* The fingerprint tells it from others of the same rule and pool. */
static void put_finding(FILE *out, struct tally *tally, const struct check *check,
                        const struct gate_verdict *verdict)
{
    const struct finding *finding = verdict->finding;
    const struct suppression *suppressed = verdict->suppressed;
    struct check_result result = check_result(check, verdict);
    begin_case(out, tally, finding->rule, finding->path ? finding->path : "(no name)",
               finding->id.text);
    if (result.file) {
        put_attribute(out, "file", result.file);
        fprintf(out, " line=\"%u\"", result.line);
    }
    fputs(">\n", out);
    if (verdict->fails) {
        put_failure(out, check, &result);
        tally->failures++;
    } else if (suppressed) {
        put_skipped(out, suppressed->reason ? suppressed->reason : suppressed->text);
        tally->skipped++;
    } else if (verdict->passes_new) {
        fputs("    <system-out>let pass: ", out);
        put_xml(out, result.message);
        fputs("</system-out>\n", out);
    }
    end_case(out);
    check_result_free(&result);
}

/* A report without a test would pass for one of which nothing is known. */
static void put_recording(FILE *out, struct tally *tally, const struct doubts *doubts)
{
    begin_case(out, tally, "recording", "the recording is good enough to judge by", NULL);
    fputs(">\n", out);
    if (doubts->count) {
        fputs("    <error type=\"no-verdict\" message=\"no verdict\">", out);
        for (size_t i = 0; i < doubts->count; i++) {
            put_xml_raw(out, doubts->text[i]);
            putc('\n', out);
        }
        fputs("</error>\n", out);
        tally->errors++;
    }
    end_case(out);
}

static void put_stale(FILE *out, struct tally *tally, const struct suppression *stale, bool fails)
{
    char *name = xasprintf("%s:%u: %s", stale->file, stale->line, stale->text);
    const char *why = stale->expired ? "the suppression has expired" : "it matched nothing";
    begin_case(out, tally, "suppressions", name, NULL);
    fputs(">\n", out);
    if (fails)
        fprintf(out, "    <failure type=\"stale\" message=\"%s\"/>\n", why);
    else
        put_skipped(out, why);
    tally->failures += fails;
    tally->skipped += !fails;
    end_case(out);
    free(name);
}

static bool found_by(const struct gate *gate, const char *rule)
{
    for (size_t i = 0; i < gate->count; i++)
        if (!gate->verdicts[i].off && strcmp(gate->verdicts[i].finding->rule, rule) == 0)
            return true;
    return false;
}

static void put_cases(FILE *out, struct tally *tally, const struct check *check)
{
    const struct gate *gate = check->gate;
    put_recording(out, tally, &gate->doubts);
    for (size_t i = 0; i < gate->count; i++)
        if (!gate->verdicts[i].off)
            put_finding(out, tally, check, &gate->verdicts[i]);
    for (size_t i = 0; i < gate->stale_count; i++)
        put_stale(out, tally, gate->stale[i], check->fails && gate->failing == 0);
    /* A rule that found nothing is a test that passed. */
    for (size_t i = 0; analysis_rule(i); i++) {
        if (found_by(gate, analysis_rule(i)))
            continue;
        begin_case(out, tally, analysis_rule(i), "nothing was found", NULL);
        fputs("/>\n", out);
    }
}

bool render_check_junit(FILE *out, const struct check *check)
{
    struct text cases;
    struct tally tally = {0};
    put_cases(text_open(&cases), &tally, check);
    text_close(&cases);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
    fprintf(out,
            "<testsuites name=\"lifeguard\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\">\n"
            " <testsuite name=\"lifeguard check\" tests=\"%zu\" failures=\"%zu\" "
            "errors=\"%zu\" skipped=\"%zu\" time=\"0\">\n",
            tally.tests, tally.failures, tally.errors, tally.tests, tally.failures, tally.errors,
            tally.skipped);
    fputs(cases.bytes, out);
    fputs(" </testsuite>\n</testsuites>\n", out);
    free(cases.bytes);
    return fflush(out) == 0 && !ferror(out);
}
