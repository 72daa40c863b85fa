/*
 * files_fuzz.c - any bytes as what the command reads beside traces: a policy, suppressions, a pool
 * API's description, what was exported last, each of the files that `diff` compares, and what
 * lifeguard keep has of processes that ended, unpacked. The first byte says which; see file_kinds.
 * Nothing is refused without a word, and what is the same twice does not differ.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/export/since_last.h"
#include "analyzer/gate/compare.h"
#include "analyzer/gate/policy.h"
#include "analyzer/gate/suppressions.h"
#include "analyzer/render/report.h"
#include "analyzer/replay/folded_internal.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/trace/kept.h"
#include "fuzz.h"
#include "preload/api/pool_api.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

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

static const char *write_file(const uint8_t *bytes, size_t size)
{
    static char path[64];
    snprintf(path, sizeof(path), "%s/%s", fuzz_dir(), FUZZ_FILE);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size || close(fd) != 0)
        abort();
    return path;
}

/* A daemon that did nothing, of which they are said to be. */
static void write_root(uint64_t file_id)
{
    static unsigned char page[TRACE_PAGE];
    const struct trace_header header = {.version = TRACE_VERSION,
                                        .file_id = file_id,
                                        .pid = 1,
                                        .claimed = TRACE_PAGE,
                                        .limit = TRACE_PAGE};
    memcpy(page, &header, sizeof(header));
    memcpy(page, TRACE_MAGIC, sizeof(TRACE_MAGIC));
    fuzz_write(page, sizeof(page), 1);
}

static void write_sums(const char *path, const uint8_t *bytes, size_t size)
{
    const struct folded_header header = {FOLDED_MAGIC, FOLDED_VERSION, size};
    const size_t bound = ZSTD_compressBound(size);
    void *packed = malloc(bound);
    FILE *out = fopen(path, "we");
    if (!packed || !out || fwrite(&header, sizeof(header), 1, out) != 1)
        abort();
    const size_t length = ZSTD_compress(packed, bound, bytes, size, 1);
    if (fwrite(packed, 1, length, out) != length || fclose(out) != 0)
        abort();
    free(packed);
}

static void report_sums(void)
{
    struct error error = {""};
    struct analysis analysis;
    FILE *out = fopen("/dev/null", "we");
    const bool read = analysis_run(&analysis, fuzz_dir(), &error);
    expect(read, &error);
    if (!out)
        abort();
    if (read) {
        render_report_text(out, &analysis, false);
        analysis_end(&analysis);
    }
    fclose(out);
}

/* They begin with their root's number. */
static void read_sums(const uint8_t *bytes, size_t size)
{
    char path[128];
    uint64_t root;
    struct fields fields = fields_of(bytes, size);
    fields_u64(&fields, &root);
    if (fields.wrong || !root)
        return;
    write_root(root);
    snprintf(path, sizeof(path), "%s/" KEPT_STATE_PREFIX "%016llx" KEPT_STATE_SUFFIX, fuzz_dir(),
             (unsigned long long)root);
    write_sums(path, bytes, size);
    report_sums();
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_watch_time();
    if (size == 0)
        return 0;
    if (data[0] == 'a')
        parse_api((const char *)data + 1, size - 1);
    if (data[0] == 'k')
        read_sums(data + 1, size - 1);
    for (size_t i = 0; i < sizeof(file_kinds) / sizeof(*file_kinds); i++)
        if (file_kinds[i].kind == (char)data[0])
            file_kinds[i].read(write_file(data + 1, size - 1));
    return 0;
}
