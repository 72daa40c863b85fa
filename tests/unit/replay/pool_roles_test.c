/* pool_roles_test.c - documented roles: by tag, by root variable, by the parent's role. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/recording.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define ROOT    UINT64_C(0x10000)
#define SESSION UINT64_C(0x20000)
#define COMMAND UINT64_C(0x30000)
#define SCRATCH UINT64_C(0x40000)
#define OTHER   UINT64_C(0x50000)

enum { MARK_COMMAND, MARK_CONNECTION };

static const char api_text[] = "[api]\nname = test\nalign = 8\n"
                               "[functions]\nmake_pool = create pool=ret parent=a0\n"
                               "[roots]\npermanent_pool\n"
                               "[marks]\ncommand = next\nconnection = connected\n"
                               "[roles]\n"
                               "permanent_pool = root=permanent_pool life=process\n"
                               "session.pool = tag=\"Session Pool\" alias=permanent_pool\n"
                               "cmd->pool = tag=\"command\"\n"
                               "cmd->tmp = tag=\"scratch\" parent=cmd->pool\n";

static char *dir;
static char roles[1024]; /* "PID: ADDRESS ROLE" of what is alive at a process's end */

static void set_up(void)
{
    dir = temporary_directory();
    roles[0] = '\0';
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(pool_roles, .init = set_up, .fini = tear_down);

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)data;
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        const char *role = pool ? replay_pool_role_name(replay, pool) : NULL;
        size_t used = strlen(roles);
        if (pool)
            snprintf(roles + used, sizeof(roles) - used, "%d: %llx %s\n", process->pid,
                     (unsigned long long)pool->address, role ? role : "-");
    }
}

static void replay_all(void)
{
    const struct replay_observer observer = {.on_end = on_end};
    struct error error = {""};
    struct recording *recording = recording_open(dir, &error);
    cr_assert_not_null(recording, "%s", error.text);
    cr_assert(recording_replay(recording, &observer, 1, &error), "%s", error.text);
    recording_close(recording);
}

static struct trace_builder *master(void)
{
    struct trace_builder *builder = builder_new(1, 100);
    builder_api(builder, api_text);
    builder_create(builder, ROOT, 0, 0);
    builder_root(builder, 0, ROOT);
    return builder;
}

Test(pool_roles, the_first_tag_decides)
{
    struct trace_builder *builder = master();
    builder_create(builder, COMMAND, ROOT, 0);
    builder_name(builder, COMMAND, 0, "command");
    builder_name(builder, COMMAND, 0, "Session Pool"); /* as a client may call it */
    builder_create(builder, OTHER, ROOT, 0);
    builder_name(builder, OTHER, 0, "something");
    builder_name(builder, OTHER, 0, "command");
    builder_write(builder, dir);
    builder_free(builder);
    replay_all();
    cr_expect_str_eq(roles, "100: 10000 permanent_pool\n100: 30000 cmd->pool\n100: 50000 -\n");
}

Test(pool_roles, a_role_may_ask_for_its_parents)
{
    struct trace_builder *builder = master();
    builder_create(builder, COMMAND, ROOT, 0);
    builder_name(builder, COMMAND, 0, "command");
    builder_create(builder, SCRATCH, COMMAND, 0);
    builder_name(builder, SCRATCH, 0, "scratch");
    builder_create(builder, OTHER, ROOT, 0);
    builder_name(builder, OTHER, 0, "scratch");
    builder_write(builder, dir);
    builder_free(builder);
    replay_all();
    cr_expect_str_eq(roles, "100: 10000 permanent_pool\n100: 30000 cmd->pool\n"
                            "100: 40000 cmd->tmp\n100: 50000 -\n");
}

static void add_session(int pid, uint32_t fork, uint64_t own)
{
    struct trace_builder *builder = builder_fork((uint64_t)pid, pid, 1, fork, 1);
    builder_api(builder, api_text);
    if (own) {
        builder_create(builder, own, ROOT, 0);
        builder_name(builder, own, 0, "Session Pool");
    }
    builder_mark(builder, MARK_CONNECTION);
    builder_write(builder, dir);
    builder_free(builder);
}

Test(pool_roles, a_session_without_a_pool_of_its_own_uses_the_root)
{
    struct trace_builder *builder = master();
    builder_fork_event(builder, 1);
    builder_fork_event(builder, 2);
    builder_write(builder, dir);
    builder_free(builder);
    add_session(101, 1, 0);
    add_session(102, 2, SESSION);
    replay_all();
    cr_expect_str_eq(roles, "101: 10000 session.pool\n"
                            "102: 10000 permanent_pool\n102: 20000 session.pool\n"
                            "100: 10000 permanent_pool\n");
}
