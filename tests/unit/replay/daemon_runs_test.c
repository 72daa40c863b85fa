/* daemon_runs_test.c - which run of a daemon each process of a directory is of. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/daemon_runs.h"
#include "tests/unit/support/trace_dir.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
#define START  (1700000000 * SECOND)

static const char api[] = "[api]\nname = test\n[functions]\nmake = create pool=ret\n"
                          "[marks]\ncommand = serve\n";

TestSuite(daemon_runs, .init = set_up, .fini = tear_down);

enum what { SERVES, LOOKS, DIES };

/* A process of PROGRAM that began so many seconds after the others, and what it does. */
static void add(int pid, int parent, unsigned at, const char *program, enum what what)
{
    struct trace_builder *builder = builder_new((uint64_t)pid << 8 | at, pid);
    builder_header(builder)->parent_pid = parent;
    builder_header(builder)->wall_ns = START + at * SECOND;
    builder_program(builder, program);
    builder_api(builder, api);
    builder_hook(builder, TRACE_RECORD_HOOK, "make", program, "symbol");
    builder_create(builder, 0x10000, 0, 0);
    if (what == SERVES)
        builder_mark(builder, 0);
    if (what != DIES)
        builder_end(builder, 0);
    write_trace(builder);
}

static struct recording *open_run(uint32_t run)
{
    struct error error = {""};
    runs_use(run);
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording, "%s", error.text);
    return recording;
}

/* How many runs there are, and processes in the one that was asked for. */
static void expect(uint32_t run, size_t runs, size_t processes)
{
    size_t count;
    struct recording *recording = open_run(run);
    recording_runs(recording, &count);
    cr_expect_eq(count, runs, "%zu runs", count);
    cr_expect_eq(recording_process_count(recording), processes, "%zu processes",
                 recording_process_count(recording));
    recording_close(recording);
}

Test(daemon_runs, a_daemon_that_was_started_again)
{
    add(10, 1, 0, "/daemon", SERVES);
    add(20, 1, 60, "/daemon", SERVES);
    add(30, 1, 120, "/daemon", DIES);
    expect(RUN_LATEST, 3, 1);
    expect(2, 3, 1);
    expect(RUN_ALL, 3, 3);
    expect(RUN_NOT_ASKED, 0, 3);
    struct recording *recording = open_run(2);
    cr_expect_eq(recording_process(recording, 0)->pid, 20);
    cr_expect_eq(recording_run(recording), 2);
    recording_close(recording);
}

Test(daemon_runs, there_is_no_such_run)
{
    struct error error = {""};
    add(10, 1, 0, "/daemon", SERVES);
    runs_use(2);
    cr_expect_null(recording_open(dir, &error));
    cr_expect(strstr(error.text, "there is no run 2"), "%s", error.text);
}

Test(daemon_runs, what_a_recorded_process_starts_is_of_its_run)
{
    add(10, 1, 0, "/shell", DIES);
    add(20, 10, 60, "/daemon", SERVES);
    add(30, 10, 120, "/daemon", SERVES);
    expect(RUN_LATEST, 1, 3);
}

Test(daemon_runs, but_not_of_one_that_had_ended)
{
    add(10, 1, 0, "/daemon", SERVES);
    add(20, 10, 60, "/daemon", SERVES);
    expect(RUN_LATEST, 2, 1);
}

Test(daemon_runs, a_process_that_becomes_another_program_goes_on)
{
    add(10, 5, 0, "/daemon", DIES);
    struct trace_builder *builder = builder_new(2, 10);
    builder_header(builder)->wall_ns = START + 5 * SECOND;
    builder_program(builder, "/daemon");
    builder_hook(builder, TRACE_RECORD_HOOK, "make", "/daemon", "symbol");
    size_t size;
    const unsigned char *image = builder_image(builder, &size);
    char path[4096];
    snprintf(path, sizeof(path), "%s/10.1.trace", dir);
    FILE *out = fopen(path, "w");
    cr_assert(out && fwrite(image, size, 1, out) == 1 && fclose(out) == 0);
    builder_free(builder);
    expect(RUN_LATEST, 1, 2);
}

Test(daemon_runs, other_programs_are_of_the_run_that_there_is)
{
    add(10, 1, 0, "/daemon", DIES);
    add(20, 1, 60, "/client", SERVES);
    add(30, 1, 120, "/daemon", DIES);
    add(40, 1, 180, "/client", SERVES);
    expect(1, 2, 2);
    expect(2, 2, 2);
}

Test(daemon_runs, a_check_of_the_configuration_is_of_none)
{
    add(10, 1, 0, "/daemon", LOOKS);
    add(20, 1, 60, "/daemon", SERVES);
    add(30, 1, 120, "/daemon", LOOKS);
    expect(RUN_LATEST, 1, 1);
    expect(RUN_ALL, 1, 1);
    struct recording *recording = open_run(RUN_LATEST);
    cr_expect_eq(recording_startup_checks(recording), 2);
    recording_close(recording);
}

/* A process in which nothing was hooked, such as a shell's. */
static void add_shell(int pid, unsigned at)
{
    struct trace_builder *builder = builder_new((uint64_t)pid << 8 | at, pid);
    builder_header(builder)->parent_pid = 1;
    builder_header(builder)->wall_ns = START + at * SECOND;
    builder_program(builder, "/bin/sh");
    write_trace(builder);
}

Test(daemon_runs, whoever_has_it_checked)
{
    add_shell(10, 0);
    add(20, 10, 1, "/daemon", LOOKS);
    add(30, 10, 2, "/daemon", SERVES);
    expect(RUN_LATEST, 1, 2);
    struct recording *recording = open_run(RUN_LATEST);
    cr_expect_eq(recording_startup_checks(recording), 1);
    recording_close(recording);
}

Test(daemon_runs, a_script_that_starts_the_daemon_again)
{
    add_shell(10, 0);
    add(20, 10, 1, "/daemon", LOOKS);
    add(30, 10, 2, "/daemon", SERVES);
    add_shell(40, 60);
    add(50, 40, 61, "/daemon", LOOKS);
    add(60, 40, 62, "/daemon", SERVES);
    expect(RUN_LATEST, 2, 2);
    expect(1, 2, 2);
}

Test(daemon_runs, where_nothing_else_is_done_it_is_one)
{
    add(10, 1, 0, "/tool", LOOKS);
    add(20, 1, 60, "/tool", LOOKS);
    expect(RUN_LATEST, 2, 1);
}

Test(daemon_runs, a_child_may_be_before_its_parent_by_the_clock)
{
    struct trace_builder *child = builder_fork(1, 20, 2, 1, 1);
    builder_header(child)->wall_ns = START;
    write_trace(child);
    add(10, 1, 60, "/daemon", SERVES);
    struct trace_builder *parent = builder_new(2, 11);
    builder_header(parent)->wall_ns = START + 90 * SECOND;
    write_trace(parent);
    struct recording *recording = open_run(RUN_LATEST);
    cr_expect_gt(recording_process_count(recording), 0);
    recording_close(recording);
}
