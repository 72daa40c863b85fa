/*
 * export_fuzz.c - a recording of any bytes at all in the formats of other tools: with one of eight
 * inputs each, every export, the gate's reports and a diff, and the recording followed as `top`
 * does. What is JSON must be JSON, and text nothing that a terminal would obey.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/export.h"
#include "analyzer/gate/compare.h"
#include "analyzer/render/check.h"
#include "analyzer/top/pools.h"
#include "analyzer/util/memory.h"
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SAMPLED 8 /* inputs, of which one is shown so */

enum content { TEXT, JSON, BYTES };

static void check_json(const char *json, size_t length)
{
    json_error_t error;
    json_t *root = json_loadb(json, length, 0, &error);
    if (!root && json_error_code(&error) != json_error_stack_overflow)
        abort();
    json_decref(root);
}

/* Ends OUT, whose CONTENT is at TEXT, and looks at it. */
static void check_output(FILE *out, char **text, size_t *length, enum content content)
{
    if (fclose(out) != 0)
        abort();
    if (content == JSON)
        check_json(*text, *length);
    for (size_t i = 0; content == TEXT && i < *length; i++)
        if ((unsigned char)(*text)[i] < 0x20 && (*text)[i] != '\n')
            abort();
    free(*text);
}

static void export_all(const struct analysis *analysis, uint64_t *hash)
{
    static const struct {
        export_writer *write;
        enum content content;
    } formats[] = {{export_folded, TEXT},    {export_dot, TEXT},    {export_speedscope, JSON},
                   {export_perfetto, BYTES}, {export_ndjson, TEXT}, {export_pprof, BYTES}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        const struct export_options options = {.by_pool = fuzz_is_one_of(2, hash)};
        struct error error;
        char *text;
        size_t length;
        if (!fuzz_is_one_of(SAMPLED, hash))
            continue;
        FILE *out = open_memstream(&text, &length);
        if (!formats[i].write(out, analysis, &options, &error))
            abort();
        check_output(out, &text, &length, formats[i].content);
    }
}

static void judge(const struct analysis *analysis)
{
    static const struct {
        check_renderer *render;
        enum content content;
    } formats[] = {{render_check_json, JSON},
                   {render_check_sarif, JSON},
                   {render_check_junit, TEXT},
                   {render_check_codequality, JSON}};
    struct policy policy;
    struct suppressions suppressions = {0};
    struct source_map sources = {0};
    struct gate gate;
    policy_default(&policy);
    const struct gate_rules rules = {&policy, &suppressions, NULL};
    gate_judge(&gate, analysis, &rules);
    const struct check check = {analysis, &gate, &sources, gate.failing > 0};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        char *text;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        if (!formats[i].render(out, &check))
            abort();
        check_output(out, &text, &length, formats[i].content);
    }
    gate_end(&gate);
    source_map_free(&sources);
    suppressions_free(&suppressions);
    policy_free(&policy);
}

/* With itself: nothing came and nothing went. */
static void compare_with_itself(void)
{
    struct side was, now;
    struct comparison comparison;
    struct error error;
    char *text;
    size_t length;
    if (!side_read(&was, FUZZ_DIR, NULL, &error) || !side_read(&now, FUZZ_DIR, NULL, &error))
        abort();
    comparison_make(&comparison, &was, &now);
    if (comparison.totals[COMPARE_CAME] || comparison.totals[COMPARE_WENT])
        abort();
    FILE *out = open_memstream(&text, &length);
    render_diff_json(out, &comparison);
    check_output(out, &text, &length, JSON);
    comparison_free(&comparison);
    side_free(&was);
    side_free(&now);
}

/* It ends as it begins: that it goes on is for the unit tests. */
static void follow(void)
{
    struct error error;
    struct top_pools *pools = top_pools_new();
    const struct replay_observer observer = top_pools_observer(pools);
    struct live_analysis *live = live_analysis_open(FUZZ_DIR, &observer, &error);
    enum following state = live ? FOLLOW_ON : FOLLOW_FAILED;
    for (int i = 0; i < 3 && state == FOLLOW_ON; i++)
        state = live_analysis_go_on(live, &error);
    if (state == FOLLOW_ON)
        live_analysis_conclude(live);
    if (live)
        live_analysis_close(live);
    top_pools_free(pools);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct analysis analysis;
    struct error error;
    uint64_t hash = fuzz_hash(data, size);
    fuzz_begin(size);
    fuzz_write(data, size, FUZZ_TRACES_MAX);
    if (fuzz_is_one_of(SAMPLED, &hash))
        follow();
    if (!analysis_run(&analysis, FUZZ_DIR, &error))
        return fuzz_end();
    export_all(&analysis, &hash);
    if (fuzz_is_one_of(SAMPLED, &hash))
        judge(&analysis);
    analysis_end(&analysis);
    if (fuzz_is_one_of(SAMPLED, &hash))
        compare_with_itself();
    return fuzz_end();
}
