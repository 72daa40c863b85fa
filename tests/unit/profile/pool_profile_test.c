/* pool_profile_test.c - what was taken from pools and what was left, by pool and backtrace; and the
 * graph of them, in which what cannot be drawn is folded. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/export/export.h"
#include "analyzer/profile/pool_profile.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/rules/analysis.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL       UINT64_C(0x10000)
#define CHILD      UINT64_C(0x20000)
#define MASTER_PID 10
#define FORKED_PID 20

static char *dir;

static void set_up(void)
{
    dir = temporary_directory();
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(pool_profile, .init = set_up, .fini = tear_down);

static void write_trace(struct trace_builder *builder)
{
    builder_write(builder, dir);
    builder_free(builder);
}

static struct trace_builder *begin_master(void)
{
    struct trace_builder *builder = builder_new(1, MASTER_PID);
    const uint64_t frames[] = {0x1000, 0x2000, 0x3000};
    for (uint32_t i = 0; i < 3; i++)
        builder_stack(builder, i + 1, 1, &frames[i]);
    builder_create(builder, POOL, 0, 1);
    builder_name(builder, POOL, 1, "top");
    return builder;
}

static struct recording *read_profile(struct pool_profile *profile, int32_t pid)
{
    struct error error = {""};
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(pool_profile_read(profile, recording, pid, &error), "%s", error.text);
    return recording;
}

static const struct profile_pool *find(const struct pool_profile *profile, const char *path)
{
    for (size_t i = 0; i < profile->pool_count; i++)
        if (strcmp(strings_get(&profile->strings, profile->pools[i].path), path) == 0)
            return &profile->pools[i];
    cr_assert_fail("no pool %s", path);
    return NULL;
}

Test(pool_profile, tells_what_was_taken_and_what_is_left)
{
    struct trace_builder *builder = begin_master();
    builder_alloc(builder, POOL, 2, 100);
    builder_alloc(builder, POOL, 3, 7);
    for (int i = 0; i < 3; i++) {
        builder_create(builder, CHILD, POOL, 2);
        builder_name(builder, CHILD, 2, "child");
        builder_alloc(builder, CHILD, 3, 10);
        if (i < 2)
            builder_destroy(builder, CHILD, 2, UINT64_MAX, UINT64_MAX);
    }
    builder_clear(builder, CHILD, 2, UINT64_MAX, UINT64_MAX);
    builder_alloc(builder, CHILD, 2, 5);
    write_trace(builder);
    struct pool_profile profile;
    struct recording *recording = read_profile(&profile, 0);
    cr_expect_eq(profile.pool_count, 2);
    cr_expect_eq(profile.sample_count, 4);
    const struct profile_pool *top = find(&profile, "top"), *child = find(&profile, "top > child");
    cr_expect(top->made == 1 && top->alive == 1 && top->count == 2 && top->bytes == 107);
    cr_expect(top->live_count == 2 && top->live_bytes == 107);
    cr_expect(child->made == 3 && child->alive == 1 && child->count == 4 && child->bytes == 35);
    cr_expect(child->live_count == 1 && child->live_bytes == 5);
    for (size_t i = 0; i < profile.sample_count; i++)
        if (&profile.pools[profile.samples[i].pool] == child && profile.samples[i].bytes == 30)
            cr_expect(profile.samples[i].count == 3 && profile.samples[i].live_bytes == 0);
    pool_profile_free(&profile);
    recording_close(recording);
}

Test(pool_profile, each_allocation_is_that_of_the_process_that_made_it)
{
    struct trace_builder *master = begin_master();
    builder_alloc(master, POOL, 2, 100);
    builder_fork_event(master, 1);
    write_trace(master);
    struct trace_builder *forked = builder_fork(2, FORKED_PID, 1, 1, 4);
    builder_alloc(forked, POOL, 2, 7);
    write_trace(forked);
    const uint64_t expected[] = {107, 100, 7};
    const int32_t pids[] = {0, MASTER_PID, FORKED_PID};
    for (unsigned i = 0; i < 3; i++) {
        struct pool_profile profile;
        struct recording *recording = read_profile(&profile, pids[i]);
        const struct profile_pool *top = find(&profile, "top");
        cr_expect_eq(top->bytes, expected[i]);
        cr_expect_eq(top->made, pids[i] != FORKED_PID);
        pool_profile_free(&profile);
        recording_close(recording);
    }
}

Test(pool_profile, paths_are_taken_apart)
{
    cr_expect_eq(pool_path_above("a > b > c"), strlen("a > b"));
    cr_expect_eq(pool_path_above("a"), 0);
    cr_expect_str_eq(pool_path_label("a > b > c"), "c");
    cr_expect_str_eq(pool_path_label("a\\>b"), "a\\>b");
}

/* What the lines of TEXT have after KEY, added up; how many lines that are, in *COUNT. */
static uint64_t add_up(const char *text, const char *key, unsigned *count)
{
    uint64_t sum = 0;
    for (*count = 0; (text = strstr(text, key)); (*count)++) {
        text += strlen(key);
        sum += strtoull(text, NULL, 10);
    }
    return sum;
}

Test(pool_profile, a_graph_that_is_too_large_is_folded)
{
    enum { POOLS = 5000, SHOWN = 1100 };
    struct trace_builder *builder = begin_master();
    for (uint64_t i = 1; i <= POOLS; i++) {
        char name[32];
        uint64_t above = i < 4 ? POOL : CHILD + 0x100 * (i / 4);
        builder_create(builder, CHILD + 0x100 * i, above, 1 + i % 3);
        snprintf(name, sizeof(name), "pool %d", (int)i);
        builder_name(builder, CHILD + 0x100 * i, 1, name);
        builder_alloc(builder, CHILD + 0x100 * i, 2, 8 * (1 + i % 100));
    }
    write_trace(builder);
    struct analysis analysis;
    struct error error = {""};
    struct export_options options = {0};
    char *text;
    size_t size;
    unsigned count;
    FILE *out = open_memstream(&text, &size);
    cr_assert(analysis_run(&analysis, dir, &error), "%s", error.text);
    cr_assert(export_dot(out, &analysis, &options, &error), "%s", error.text);
    fclose(out);
    cr_expect_eq(add_up(text, ", pools=", &count), POOLS + 1);
    cr_expect_lt(count, SHOWN);
    cr_expect_eq(add_up(text, ", bytes=", &count), POOLS / 100 * 8 * 5050);
    uint64_t folded = add_up(text, "// ", &count);
    cr_expect(count == 1 && folded > POOLS - SHOWN && folded < POOLS, "%s", text);
    cr_expect_eq(add_up(text, "[label=\"pool ", &count) > 0, true);
    cr_expect_eq(count + folded, POOLS);
    free(text);
    analysis_end(&analysis);
}
