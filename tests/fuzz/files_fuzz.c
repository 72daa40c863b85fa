/*
 * files_fuzz.c - any bytes as what the command reads beside traces: a policy, suppressions, a pool
 * API's description, what was exported last, and each of the files that `diff` compares. The first
 * byte says which; see file_kinds. Nothing is refused without a word, and what is the same
 * twice does not differ.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/since_last.h"
#include "analyzer/gate/compare.h"
#include "analyzer/gate/policy.h"
#include "analyzer/gate/suppressions.h"
#include "fuzz.h"
#include "preload/api/pool_api.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool read, const struct error *error)
{
    if (!read && !*error->text)
        abort();
}

static void read_policy(const char *file)
{
    struct error error = {""};
    struct policy policy;
    policy_default(&policy);
    expect(policy_read(&policy, file, &error), &error);
    policy_free(&policy);
}

static void read_suppressions(const char *file)
{
    struct error error = {""};
    struct suppressions suppressions = {0};
    expect(suppressions_read(&suppressions, file, &error), &error);
    suppressions_free(&suppressions);
}

static void read_state(const char *file)
{
    struct error error = {""};
    FILE *out = fopen("/dev/null", "we");
    struct since_last *since = since_last_open(file, &error);
    if (!out || !since)
        abort();
    since_last_add(since, EXPORTED_FINDING, 1, 2, json_pack("{s:s}", "row", "finding"));
    since_last_write(since, "0123456789abcdef", out);
    expect(since_last_save(since, &error), &error);
    since_last_free(since);
    fclose(out);
}

/* The file against itself. */
static void read_sides(const char *file)
{
    struct error error = {""};
    struct side was = {0}, now = {0};
    struct comparison comparison;
    FILE *out = fopen("/dev/null", "we");
    const bool read = side_read(&was, file, NULL, &error);
    expect(read, &error);
    if (!out)
        abort();
    if (read && side_read(&now, file, NULL, &error)) {
        comparison_make(&comparison, &was, &now);
        if (comparison.totals[COMPARE_GREW] || comparison.totals[COMPARE_SHRANK])
            abort();
        render_diff_text(out, &comparison);
        render_diff_json(out, &comparison);
        comparison_free(&comparison);
    }
    side_free(&was);
    side_free(&now);
    fclose(out);
}

static const struct {
    char kind;
    void (*read)(const char *file);
} file_kinds[] = {
    {'p', read_policy},
    {'s', read_suppressions},
    {'l', read_state},
    {'d', read_sides},
};

static void parse_api(const char *text, size_t length)
{
    static struct api api;
    struct api_error error = {0};
    if (!api_parse(text, length, &api, &error) && !error.message)
        abort();
}

static const char *make_file(const uint8_t *bytes, size_t size)
{
    fuzz_files_remove();
    fuzz_file(FUZZ_FILE, bytes, size);
    return FUZZ_DIR "/" FUZZ_FILE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_begin(size);
    if (size == 0)
        return fuzz_end();
    if (data[0] == 'a')
        parse_api((const char *)data + 1, size - 1);
    for (size_t i = 0; i < sizeof(file_kinds) / sizeof(*file_kinds); i++)
        if (file_kinds[i].kind == (char)data[0])
            file_kinds[i].read(make_file(data + 1, size - 1));
    return fuzz_end();
}
