/* systems_test.c - several pool systems in one process: what is numbered through, and what is each
 * system's own; traces that tell of systems that are not there. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/recording.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define ROOT  UINT64_C(0x10000)
#define FIRST UINT64_C(0x20000)
#define NEXT  UINT64_C(0x30000)
#define THIRD UINT64_C(0x40000)

static const char first_api[] = "[api]\nname = first\nalign = 8\n"
                                "[functions]\nmake = create pool=ret\n"
                                "[roots]\nroot\n"
                                "[marks]\ncommand = next\n"
                                "[roles]\nroot pool = root=root\nnamed = tag=\"x\"\n";
static const char second_api[] = "[api]\nname = second\nalign = 100\n"
                                 "[functions]\nbuild = create pool=ret\n"
                                 "[roots]\nanchor\n"
                                 "[marks]\nrestart = again\n"
                                 "[roles]\nanchored = root=anchor\ncalled = tag=\"x\"\n";

static char *dir;
static char observed[1024]; /* "PID: ADDRESS ROLE BYTES" of what is alive at a process's end */
static uint32_t commands, restarts;

static void set_up(void)
{
    dir = temporary_directory();
    observed[0] = '\0';
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(systems, .init = set_up, .fini = tear_down);

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)data;
    commands = process->units[API_MARK_COMMAND];
    restarts = process->units[API_MARK_RESTART];
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        const char *role = pool ? replay_pool_role_name(replay, pool) : NULL;
        size_t used = strlen(observed);
        if (pool)
            snprintf(observed + used, sizeof(observed) - used, "%d: %llx %s %llu\n", process->pid,
                     (unsigned long long)pool->address, role ? role : "-",
                     (unsigned long long)pool->bytes);
    }
}

static void write_trace(struct trace_builder *builder)
{
    builder_write(builder, dir);
    builder_free(builder);
}

static struct recording *replay_all(void)
{
    const struct replay_observer observer = {.on_end = on_end};
    struct error error = {""};
    struct recording *recording = recording_open(dir, &error);
    cr_assert_not_null(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observer, 1, &error), "%s", error.text);
    return recording;
}

static void expect_systems(const struct recording *recording, const char *names)
{
    const char *api = recording_stats(recording)->api;
    cr_expect_str_eq(api ? api : "none", names);
}

static struct trace_builder *two_systems(void)
{
    struct trace_builder *builder = builder_new(1, 100);
    builder_api(builder, first_api);
    builder_another_api(builder, 1, second_api);
    return builder;
}

Test(systems, each_has_its_roots_marks_roles_and_alignment)
{
    struct trace_builder *builder = two_systems();
    builder_create(builder, ROOT, 0, 0);
    builder_root(builder, 0, ROOT);
    builder_create_of(builder, 1, NEXT, 0);
    builder_root(builder, 1, NEXT);
    builder_create(builder, FIRST, ROOT, 0);
    builder_name(builder, FIRST, 0, "x");
    builder_create_of(builder, 1, THIRD, NEXT);
    builder_name(builder, THIRD, 0, "x");
    builder_alloc(builder, FIRST, 0, 9);
    builder_alloc(builder, THIRD, 0, 9);
    builder_mark(builder, 0);
    builder_mark(builder, 1);
    builder_mark(builder, 1);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_expect_str_eq(observed, "100: 10000 root pool 0\n100: 30000 anchored 0\n"
                               "100: 20000 named 16\n100: 40000 called 100\n");
    cr_expect_eq(commands, 1);
    cr_expect_eq(restarts, 2);
    expect_systems(recording, "first,second");
    cr_expect_eq(recording_stats(recording)->system_count, 2);
    recording_close(recording);
}

Test(systems, a_pool_of_one_may_be_held_by_the_root_of_another)
{
    struct trace_builder *builder = two_systems();
    builder_create_of(builder, 1, NEXT, 0);
    builder_root(builder, 0, NEXT);
    write_trace(builder);
    recording_close(replay_all());
    cr_expect_str_eq(observed, "100: 30000 root 0\n");
}

Test(systems, a_forked_process_goes_on_with_those_of_its_parent_and_its_own)
{
    struct trace_builder *builder = builder_new(1, 100), *child;
    builder_api(builder, first_api);
    builder_create(builder, ROOT, 0, 0);
    builder_root(builder, 0, ROOT);
    builder_fork_event(builder, 1);
    write_trace(builder);
    child = builder_fork(2, 101, 1, 1, 1);
    builder_another_api(child, 1, second_api);
    builder_create_of(child, 1, NEXT, 0);
    builder_root(child, 1, NEXT);
    write_trace(child);
    struct recording *recording = replay_all();
    cr_expect_str_eq(observed, "101: 10000 root pool 0\n101: 30000 anchored 0\n"
                               "100: 10000 root pool 0\n");
    expect_systems(recording, "first,second");
    recording_close(recording);
}

Test(systems, those_that_cannot_be_read_are_damage_and_end_what_is_known)
{
    struct trace_builder *builder = builder_new(1, 100);
    builder_api(builder, first_api);
    builder_another_api(builder, 1, "[functions\n");
    builder_another_api(builder, 2, second_api);
    builder_create(builder, FIRST, 0, 0);
    builder_name(builder, FIRST, 0, "x");
    builder_create_of(builder, 2, NEXT, 0);
    builder_root(builder, 1, NEXT);
    builder_mark(builder, 1);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_expect(strstr(recording_damage(recording, 0), "line 1"));
    cr_expect_str_eq(observed, "100: 20000 named 0\n100: 30000 - 0\n");
    expect_systems(recording, "first");
    recording_close(recording);
}

Test(systems, the_first_of_a_number_counts_and_none_may_be_left_out)
{
    struct trace_builder *builder = two_systems();
    builder_another_api(builder, 1, first_api);
    builder_another_api(builder, 7, first_api);
    builder_create_of(builder, 7, NEXT, 0);
    write_trace(builder);
    struct recording *recording = replay_all();
    cr_expect_null(recording_damage(recording, 0));
    expect_systems(recording, "first,second");
    recording_close(recording);
}

static void expect_damage(struct trace_builder *builder, const char *what)
{
    write_trace(builder);
    struct recording *recording = replay_all();
    const char *damage = recording_damage(recording, 0);
    cr_expect(damage && strstr(damage, what), "%s", damage ? damage : "none");
    recording_close(recording);
}

Test(systems, numbers_out_of_range_are_damage)
{
    struct trace_builder *builder = two_systems();
    builder_another_api(builder, 0, second_api);
    expect_damage(builder, "type 9");
    builder = two_systems();
    builder_another_api(builder, TRACE_SYSTEMS_MAX, second_api);
    expect_damage(builder, "type 9");
    builder = two_systems();
    builder_record(builder, TRACE_RECORD_ANOTHER_API, "\1", 1);
    expect_damage(builder, "type 9");
    builder = two_systems();
    builder_create_of(builder, TRACE_SYSTEMS_MAX, NEXT, 0);
    expect_damage(builder, "out of range");
}

Test(systems, as_many_as_there_can_be)
{
    struct trace_builder *builder = builder_new(1, 100);
    builder_api(builder, first_api);
    for (unsigned i = 1; i < TRACE_SYSTEMS_MAX; i++)
        builder_another_api(builder, i, second_api);
    builder_create_of(builder, TRACE_SYSTEMS_MAX - 1, NEXT, 0);
    builder_root(builder, TRACE_SYSTEMS_MAX - 1, NEXT);
    builder_root(builder, TRACE_SYSTEMS_MAX, NEXT);
    builder_mark(builder, TRACE_SYSTEMS_MAX - 1);
    builder_mark(builder, TRACE_SYSTEMS_MAX);
    write_trace(builder);
    recording_close(replay_all());
    cr_expect_str_eq(observed, "100: 30000 anchored 0\n");
    cr_expect_eq(restarts, 1);
}
