/* recording_test.c - a directory of traces: who is whose child, what is refused, what is damaged.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/recording.h"
#include "analyzer/trace/pack_dir.h"
#include "tests/unit/support/trace_dir.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define POOL UINT64_C(0x10000)

TestSuite(recording, .init = set_up, .fini = tear_down);

Test(recording, traces_that_are_each_others_parent_are_replayed_once)
{
    write_trace(builder_fork(1, 10, 2, 1, 1));
    write_trace(builder_fork(2, 20, 1, 1, 1));
    write_trace(builder_fork(3, 30, 3, 1, 1));
    struct recording *recording = replay_all();
    cr_assert_eq(recording_stats(recording)->processes, 3);
    cr_assert_eq(recording_stats(recording)->unforked, 3);
    for (size_t i = 0; i < 3; i++) {
        unsigned above = 0;
        const struct process *process = recording_process(recording, i);
        for (; process->parent && above < 3; process = process->parent)
            above++;
        cr_expect_lt(above, 3, "process %zu is its own ancestor", i);
    }
    recording_close(recording);
}

/* A pack that comes while a recording is read: at the start of its first process. */
static void pack(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    struct pack_summary *summary = data;
    struct error error = {""};
    if (process->index == 0)
        cr_assert(pack_directory(dir, summary, &error), "%s", error.text);
}

Test(recording, traces_that_are_packed_while_they_are_read)
{
    enum { ALLOCATIONS = 500, A_BLOCK = 10 };
    for (uint64_t id = 1; id <= 3; id++) {
        struct trace_builder *builder = builder_new(id, (int)id);
        builder_create(builder, POOL, 0, 0);
        for (int i = 1; i <= ALLOCATIONS; i++) {
            builder_alloc(builder, POOL, 0, 8);
            if (i % A_BLOCK == 0)
                builder_end_block(builder);
        }
        write_trace(builder);
    }
    struct error error = {""};
    struct pack_summary summary;
    const struct replay_observer observer = {.data = &summary, .on_start = pack};
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observer, 1, &error), "%s", error.text);
    cr_expect_eq(summary.packed, 3);
    for (size_t i = 0; i < 3; i++)
        cr_expect_null(recording_damage(recording, i), "%s", recording_damage(recording, i));
    cr_expect_eq(recording_stats(recording)->allocations, 3 * ALLOCATIONS);
    recording_close(recording);
}

Test(recording, a_chain_of_a_thousand_forks_with_few_descriptors, .timeout = 60)
{
    enum { CHAIN = 1000 };
    struct rlimit few = {64, 64};
    for (int i = 1; i <= CHAIN; i++) {
        struct trace_builder *builder =
            i == 1 ? builder_new(1, 1) : builder_fork((uint64_t)i, i, (uint64_t)i - 1, 1, 10);
        builder_create(builder, POOL * (uint64_t)i, i == 1 ? 0 : POOL, 1);
        builder_fork_event(builder, 1);
        write_trace(builder);
    }
    cr_assert_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
    struct error error = {""};
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording && recording_replay(recording, NULL, 0, &error), "%s", error.text);
    cr_assert_eq(recording_process_count(recording), CHAIN);
    cr_assert_eq(recording_process(recording, CHAIN - 1)->pools, CHAIN);
    cr_assert_eq(recording_stats(recording)->unforked, 0);
    recording_close(recording);
}

Test(recording, damage_is_told_with_the_process)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_create(builder, POOL, 0, 1);
    builder_bytes(builder, "\xff", 1);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert_eq(recording_stats(recording)->damaged, 1);
    cr_assert(recording_damage(recording, 0));
    cr_assert_eq(recording_process(recording, 0)->pools, 1);
    recording_close(recording);
}

static void expect_refused(const char *words)
{
    struct error error = {""};
    cr_assert_null(recording_open(dir, &error));
    cr_assert(strstr(error.text, words), "%s", error.text);
}

Test(recording, a_directory_without_a_usable_trace_is_an_error)
{
    char path[4096];
    expect_refused("there is no trace in it");
    cr_assert_eq(chmod(dir, 0770), 0);
    expect_refused("there is no trace in it: it is writable by others");
    cr_assert_eq(chmod(dir, 0700), 0);
    snprintf(path, sizeof(path), "%s/5.trace", dir);
    write_trace_file(path, "", 0);
    expect_refused("every process ended before its recording began");
    write_trace(builder_new(1, 1));
    struct recording *recording = replay_all();
    cr_assert_eq(recording_stats(recording)->empty, 1);
    recording_close(recording);
    tear_down();
    set_up();
    snprintf(path, sizeof(path), "%s/5.trace", dir);
    write_trace_file(path, "rubbish", 7);
    expect_refused("5.trace");
}

/* What a session that was taken over may do to its own trace costs that session alone. */
static void hack(size_t offset, const void *bytes, size_t length)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/20.trace", dir);
    FILE *file = fopen(path, "r+");
    cr_assert(file && fseek(file, (long)offset, SEEK_SET) == 0);
    cr_assert(fwrite(bytes, 1, length, file) == length && fclose(file) == 0);
}

static void write_family(void)
{
    for (unsigned child = 2; child <= 3; child++) {
        struct trace_builder *builder = builder_fork(child, 10 * (int)child, 1, child - 1, 1);
        builder_header(builder)->parent_pid = 10;
        builder_alloc(builder, POOL, 0, 8);
        write_trace(builder);
    }
    struct trace_builder *builder = builder_new(1, 10);
    builder_create(builder, POOL, 0, 0);
    builder_fork_event(builder, 1);
    builder_fork_event(builder, 2);
    write_trace(builder);
}

static void expect_family_but_one(const char *why)
{
    struct recording *recording = replay_all();
    cr_expect_eq(recording_stats(recording)->processes, 2, "%s", why);
    cr_expect_eq(recording_stats(recording)->unforked, 0, "%s", why);
    cr_expect_eq(recording_stats(recording)->allocations, 1, "%s", why);
    cr_expect_eq(recording_stats(recording)->empty, 0, "%s", why);
    cr_assert_eq(recording_refused_count(recording), 1, "%s", why);
    cr_expect(strstr(recording_refused(recording, 0), "20.trace"), "%s", why);
    cr_expect(strstr(recording_refused(recording, 0), why), "%s", recording_refused(recording, 0));
    recording_close(recording);
}

Test(recording, a_header_that_is_overwritten_costs_its_process_alone)
{
    const uint32_t version = TRACE_VERSION + 1;
    const uint64_t zero = 0, parents = 1;
    write_family();
    hack(offsetof(struct trace_header, version), &version, sizeof(version));
    expect_family_but_one("written by another version");
    hack(0, "rubbish", 8);
    expect_family_but_one("this is no lifeguard trace");
    hack(0, &zero, sizeof(zero));
    expect_family_but_one("this is no lifeguard trace");
    hack(offsetof(struct trace_header, claimed), &zero, sizeof(zero));
    expect_family_but_one("this is no lifeguard trace");
    write_family();
    hack(offsetof(struct trace_header, file_id), &parents, sizeof(parents));
    expect_family_but_one("is a copy of 10.trace");
    hack(offsetof(struct trace_header, parent_id), &zero, sizeof(zero));
    hack(offsetof(struct trace_header, wall_ns), &zero, sizeof(zero));
    expect_family_but_one("is a copy of 10.trace");
}

Test(recording, a_header_with_the_pid_of_another_process_is_damage)
{
    const int32_t pid = 10;
    write_family();
    hack(offsetof(struct trace_header, pid), &pid, sizeof(pid));
    struct recording *recording = replay_all();
    cr_assert_eq(recording_stats(recording)->damaged, 1);
    recording_close(recording);
}

Test(recording, a_description_that_cannot_be_read_is_damage)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_api(builder, "[functions\n");
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_assert(strstr(recording_damage(recording, 0), "line 1"));
    cr_assert_null(recording_stats(recording)->api);
    cr_assert_null(recording_apis(recording));
    recording_close(recording);
}
