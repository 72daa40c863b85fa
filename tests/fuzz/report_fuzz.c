/*
 * report_fuzz.c - a recording of any bytes at all through everything that the command makes of
 * one: rules, text and JSON report, info, tree, roles, and the gate's doubts. The JSON must be
 * JSON.
 */
#include "analysis.h"
#include "doubts.h"
#include "fuzz.h"
#include "memory.h"
#include "render_info.h"
#include "render_report.h"
#include "render_roles.h"
#include "render_tree.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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

/*
 * Memory of the JSON reader's, which is not what is tested here: a sixth of the time of a run, when
 * the sanitizer has to watch each of its pieces.
 */
static _Alignas(16) char unwatched[8 << 20];
static size_t unwatched_used;

static void *take_unwatched(size_t size)
{
    if (size > sizeof(unwatched) - unwatched_used)
        return malloc(size);
    void *taken = unwatched + unwatched_used;
    unwatched_used += (size + 15) / 16 * 16;
    return taken;
}

static void leave_unwatched(void *taken)
{
    if ((char *)taken < unwatched || (char *)taken >= unwatched + sizeof(unwatched))
        free(taken);
}

static void check_json(FILE *json, char **content, size_t *length)
{
    fclose(json);
    json_error_t error;
    json_set_alloc_funcs(take_unwatched, leave_unwatched);
    json_t *root = json_loadb(*content, *length, 0, &error);
    /* Deeper than this reader of JSON goes is no fault of the text. */
    if (!root && json_error_code(&error) != json_error_stack_overflow)
        abort();
    json_decref(root);
    json_set_alloc_funcs(malloc, free);
    unwatched_used = 0;
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
    char *text, *json;
    size_t text_length, json_length;
    FILE *out = open_memstream(&text, &text_length);
    render_report_text(out, analysis);
    render_info(out, analysis->recording);
    check_text(out, &text, &text_length);
    out = open_memstream(&json, &json_length);
    if (!render_report_json(out, analysis))
        abort();
    check_json(out, &json, &json_length);
    struct doubts doubts = doubts_of(analysis->recording);
    doubts_free(&doubts);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct analysis analysis;
    struct error error = {""};
    fuzz_write(data, size);
    if (analysis_run(&analysis, fuzz_dir(), &error)) {
        show_report(&analysis);
        show_trees(&analysis);
        show_roles(&analysis);
        analysis_end(&analysis);
    } else if (!*error.text) {
        abort(); /* refused without a word */
    }
    return 0;
}
