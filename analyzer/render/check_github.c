/* check_github.c - a verdict as workflow commands of GitHub, which annotate a change. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/check_result.h"

#include "analyzer/util/error.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define ANNOTATIONS_MAX 10  /* of each kind that GitHub shows of a step */
#define ROWS_MAX        100 /* of the summary, which may have a megabyte */

bool in_github_actions(void)
{
    const char *actions = getenv("GITHUB_ACTIONS");
    return actions && strcmp(actions, "true") == 0;
}

/* TEXT, printable, as a workflow command's message. */
static void put_message(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '%')
            fputs("%25", out);
        else
            putc(*text, out);
    }
    putc('\n', out);
}

/* The place of an annotation; FILE is raw. */
static void put_place(FILE *out, const char *file, unsigned line)
{
    struct error printable;
    error_set(&printable, "%s", file);
    fputs("file=", out);
    for (const char *text = printable.text; *text; text++) {
        if (*text == '%' || *text == ':' || *text == ',')
            fprintf(out, "%%%02X", *text);
        else
            putc(*text, out);
    }
    if (line)
        fprintf(out, ",line=%u", line);
    putc(',', out);
}

static void put_annotation(FILE *out, const struct check *check, const struct gate_verdict *verdict)
{
    struct check_result result = check_result(check, verdict);
    fputs(verdict->fails ? "::error " : "::warning ", out);
    if (result.file)
        put_place(out, result.file, result.line);
    fprintf(out, "title=%s::", verdict->finding->rule);
    put_message(out, result.message);
    check_result_free(&result);
}

static void put_remark(FILE *out, const char *command, const char *message)
{
    struct error printable;
    error_set(&printable, "%s", message);
    fprintf(out, "::%s title=lifeguard::", command);
    put_message(out, printable.text);
}

static void put_stale(FILE *out, const struct suppression *stale)
{
    struct error text;
    fputs("::warning ", out);
    put_place(out, stale->file, stale->line);
    error_set(&text, "suppression '%s' %s", stale->text,
              stale->expired ? "has expired" : "matched nothing");
    fputs("title=lifeguard::", out);
    put_message(out, text.text);
}

static void put_errors(FILE *out, const struct check *check)
{
    const struct gate *gate = check->gate;
    size_t shown = 0;
    for (size_t i = 0; i < gate->doubts.count && shown < ANNOTATIONS_MAX; i++, shown++)
        put_remark(out, "error", gate->doubts.text[i]);
    for (size_t i = 0; i < gate->count && shown < ANNOTATIONS_MAX; i++) {
        if (!gate->verdicts[i].fails)
            continue;
        put_annotation(out, check, &gate->verdicts[i]);
        shown++;
    }
}

static void put_warnings(FILE *out, const struct check *check)
{
    const struct gate *gate = check->gate;
    size_t shown = 0;
    for (; shown < gate->stale_count && shown < ANNOTATIONS_MAX; shown++)
        put_stale(out, gate->stale[shown]);
    for (size_t i = 0; i < gate->count && shown < ANNOTATIONS_MAX; i++) {
        if (!gate->verdicts[i].passes_new)
            continue;
        put_annotation(out, check, &gate->verdicts[i]);
        shown++;
    }
}

/* Every sign that Markdown or HTML may take for its own becomes a character reference. */
static void put_markdown(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (strchr("\\`*_{}[]()<>#+!|~&@:\"'$^", *text))
            fprintf(out, "&#%d;", *text);
        else
            putc(*text, out);
    }
}

static void put_row(FILE *out, const struct check *check, const struct gate_verdict *verdict)
{
    struct check_result result = check_result(check, verdict);
    struct error place;
    if (result.file)
        error_set(&place, "%s:%u", result.file, result.line);
    else
        error_set(&place, "%s", result.module);
    fputs("| ", out);
    put_markdown(out, place.text);
    fprintf(out, " | %s | ", verdict->finding->rule);
    put_markdown(out, result.message);
    fputs(" |\n", out);
    check_result_free(&result);
}

static void put_summary(FILE *out, const struct check *check)
{
    const struct gate *gate = check->gate;
    char *summary = check_summary(check);
    fprintf(out, "### lifeguard: %s\n\n", summary);
    free(summary);
    for (size_t i = 0; i < gate->doubts.count; i++) {
        struct error doubt;
        error_set(&doubt, "%s", gate->doubts.text[i]);
        fputs(gate->failing ? "- in doubt: " : "- no verdict: ", out);
        put_markdown(out, doubt.text);
        putc('\n', out);
    }
    if (gate->failing)
        fputs("| where | rule | what |\n|---|---|---|\n", out);
    size_t rows = 0;
    for (size_t i = 0; i < gate->count && rows < ROWS_MAX; i++) {
        if (!gate->verdicts[i].fails)
            continue;
        put_row(out, check, &gate->verdicts[i]);
        rows++;
    }
    if (rows < gate->failing)
        fprintf(out, "\n%zu more\n", gate->failing - rows);
    putc('\n', out);
}

static bool append_summary(const char *file, const struct check *check)
{
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0644);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "a");
    if (!out)
        return false;
    put_summary(out, check);
    return fclose(out) == 0;
}

/* While commands are stopped, nothing in the text is one: only who knows the token starts them. */
static void put_text(FILE *out, const struct check *check)
{
    uint64_t token[2];
    if (getrandom(token, sizeof token, 0) != sizeof token)
        token[0] = token[1] = (uint64_t)getpid();
    fprintf(out, "::stop-commands::%016" PRIx64 "%016" PRIx64 "\n", token[0], token[1]);
    render_check_text(out, check);
    fprintf(out, "::%016" PRIx64 "%016" PRIx64 "::\n", token[0], token[1]);
}

bool render_check_github(FILE *out, const struct check *check)
{
    const char *file = getenv("GITHUB_STEP_SUMMARY");
    put_text(out, check);
    put_errors(out, check);
    put_warnings(out, check);
    return !file || !*file || append_summary(file, check);
}
