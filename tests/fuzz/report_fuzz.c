/*
 * report_fuzz.c - a recording of any bytes at all through everything that the command makes of
 * one: rules, text report, info and the gate's doubts, and with one of sixteen inputs each the
 * JSON report, tree, roles and the page's data, which take as long again. The JSON must be JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/gate/doubts.h"
#include "analyzer/html/finding_parts.h"
#include "analyzer/html/history.h"
#include "analyzer/html/page_data.h"
#include "analyzer/profile/role_table.h"
#include "analyzer/render/info.h"
#include "analyzer/render/report.h"
#include "analyzer/render/roles.h"
#include "analyzer/render/tree.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/memory.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAMPLED 16 /* inputs, of which one is shown so */

struct tree_output {
    const struct analysis *analysis;
    FILE *text, *json;
    const char *separator;
};

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 || byte == '\n';
}

/* Nothing that a terminal would obey. Ends TEXT. */
static void check_text(FILE *text, char **content, size_t *length)
{
    fclose(text);
    for (size_t i = 0; i < *length; i++)
        if (!is_plain((unsigned char)(*content)[i]))
            abort();
    free(*content);
}

static void check_json(FILE *json, char **content, size_t *length)
{
    fclose(json);
    json_error_t error;
    json_t *root = json_loadb(*content, *length, 0, &error);
    /* Deeper than this reader of JSON goes is no fault of the text. */
    if (!root && json_error_code(&error) != json_error_stack_overflow)
        abort();
    json_decref(root);
    free(*content);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct tree_output *output = data;
    const struct analysis *analysis = output->analysis;
    struct tree_view view = {.style = style_for(output->text),
                             .stacks = recording_stacks(analysis->recording),
                             .symbols = analysis->symbols};
    render_tree_text(output->text, &view, replay, process, 0);
    fputs(output->separator, output->json);
    output->separator = ",";
    render_tree_json(output->json, &view, replay, process, 0);
    tree_view_free(&view);
}

static void show_trees(const struct analysis *analysis)
{
    char *text, *json;
    size_t text_length, json_length;
    struct error error;
    struct tree_output output = {analysis, open_memstream(&text, &text_length),
                                 open_memstream(&json, &json_length), "["};
    const struct replay_observer observer = {.data = &output, .on_end = on_end};
    if (!recording_replay(analysis->recording, &observer, 1, &error))
        abort();
    fputs("]", output.json);
    check_text(output.text, &text, &text_length);
    check_json(output.json, &json, &json_length);
}

static void show_report(const struct analysis *analysis)
{
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    render_report_text(out, analysis, false);
    render_info(out, analysis->recording);
    check_text(out, &text, &length);
    struct doubts doubts = doubts_of(analysis->recording);
    doubts_free(&doubts);
}

static void show_report_json(const struct analysis *analysis)
{
    char *json;
    size_t length;
    FILE *out = open_memstream(&json, &length);
    if (!render_report_json(out, analysis))
        abort();
    check_json(out, &json, &length);
}

static void show_roles(const struct analysis *analysis)
{
    char *text, *json;
    size_t text_length, json_length;
    struct error error;
    struct role_table *table = xmalloc(sizeof(*table));
    if (!role_table_fill(table, analysis->recording, &error))
        abort();
    FILE *out = open_memstream(&text, &text_length);
    render_roles_text(out, table, &analysis->names);
    check_text(out, &text, &text_length);
    out = open_memstream(&json, &json_length);
    render_roles_json(out, table, &analysis->names);
    check_json(out, &json, &json_length);
    role_table_free(table);
    free(table);
}

static void show_page(const struct analysis *analysis)
{
    struct history history;
    struct finding_parts parts;
    struct error error;
    finding_parts_init(&parts, &analysis->findings, &analysis->names);
    bool *mentioned = xcalloc(recording_process_count(analysis->recording), sizeof(*mentioned));
    if (!history_read(&history, analysis->recording, &parts, mentioned, &error))
        abort();
    char *data = page_data(analysis, NULL, &history, 1 << 20);
    json_t *root = data ? json_loads(data, 0, NULL) : NULL;
    if (data && (!root || strchr(data, '<')))
        abort();
    json_decref(root);
    free(data);
    free(mentioned);
    history_free(&history);
    finding_parts_free(&parts);
}

static void show(const struct analysis *analysis, uint64_t hash)
{
    show_report(analysis);
    if (fuzz_is_one_of(SAMPLED, &hash))
        show_report_json(analysis);
    if (fuzz_is_one_of(SAMPLED, &hash))
        show_trees(analysis);
    if (fuzz_is_one_of(SAMPLED, &hash))
        show_roles(analysis);
    if (fuzz_is_one_of(4 * SAMPLED, &hash)) /* takes several times as long as all the rest */
        show_page(analysis);
}

static unsigned long runs, shown;

static void tell_shown(void)
{
    fprintf(stderr, "runs: %lu, of which as far as the report: %lu\n", runs, shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct analysis analysis;
    struct error error = {""};
    if (runs++ == 0)
        atexit(tell_shown);
    fuzz_begin(size);
    fuzz_write(data, size, FUZZ_TRACES_MAX);
    if (analysis_run(&analysis, FUZZ_DIR, &error)) {
        shown++;
        show(&analysis, fuzz_hash(data, size));
        analysis_end(&analysis);
    } else if (!*error.text) {
        abort(); /* refused without a word */
    }
    return fuzz_end();
}
