/*
 * write_recording.c - recordings that would take too long to make, written by hand: of a daemon
 * that runs for days, or with very many sessions.
 *
 *   write_recording DIR API days N       N days: a restart every six hours, five long sessions, one
 *                                        of which leaks, and a short one each hour
 *   write_recording DIR API sessions N   N sessions within an hour, every tenth of which leaks
 *   write_recording DIR API secrets N    the same, with SECRET in whatever the program named, and
 * in paths
 *
 * API: a file with ProFTPD's description.
 */
#include "tests/unit/support/trace_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)
#define HOUR   (3600 * SECOND)
#define POOL   UINT64_C(0x100000)
#define START  UINT64_C(1700000000000000000)
#define TEXT   128 /* bytes */

enum { MARK_COMMAND, MARK_RESTART, MARK_CONNECTION, MARK_STARTUP, MARK_SHUTDOWN };
enum { TAG_SESSION = 1, TAG_TRANSFER, TAG_TABLE, TAG_LABEL };
enum {
    STACK_START = 1,
    STACK_TABLE,
    STACK_RESTART,
    STACK_SESSION,
    STACK_COMMAND,
    STACK_LEAK,
    STACKS
};

struct daemon_run {
    const char *dir;
    const char *api;
    const char *secret; /* "", or before each name */
    struct trace_builder *master;
    uint32_t forks;
};

/* Deeper by one frame for each further stack, as if one called the other. */
static void write_stacks(struct trace_builder *builder)
{
    for (uint32_t id = STACK_START; id < STACKS; id++) {
        const uint64_t frames[] = {0x401000 + 0x100 * id, 0x402000 + 0x40 * (id % 3), 0x403000};
        builder_stack(builder, id, 3, frames);
    }
}

static void write_name(struct trace_builder *builder, const struct daemon_run *run, uint32_t id,
                       const char *name)
{
    char text[TEXT];
    snprintf(text, sizeof(text), "%s%s", run->secret, name);
    builder_tag(builder, id, text);
}

/* What it runs on, and its title. */
static void write_host(struct trace_builder *builder, const struct daemon_run *run)
{
    static const char *const kinds[] = {"host", "boot", "cgroup", "labels"};
    char text[TEXT];
    for (unsigned i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        int length = snprintf(text, sizeof(text), "%s%c%s%s", kinds[i], 0, i == 3 ? "site=" : "",
                              run->secret);
        builder_record(builder, TRACE_RECORD_HOST, text, (size_t)length);
    }
    int length = snprintf(text, sizeof(text), "ftpd: %suser", run->secret);
    builder_record(builder, TRACE_RECORD_TITLE, text, (size_t)length);
}

static void write_definitions(struct trace_builder *builder, const struct daemon_run *run)
{
    char path[TEXT];
    snprintf(path, sizeof(path), "/usr/%ssbin/ftpd", run->secret);
    builder_program(builder, path);
    builder_module(builder, 0x400000, 0x500000, 0x400000, 0, path);
    builder_api(builder, run->api);
    builder_hook(builder, TRACE_RECORD_HOOK, "make_sub_pool", path, "symbol");
    builder_hook(builder, TRACE_RECORD_SKIPPED, "palloc", path, "it lies in another place");
    write_name(builder, run, TAG_SESSION, "Session Pool");
    write_name(builder, run, TAG_TRANSFER, "transfer > pool");
    write_name(builder, run, TAG_TABLE, "table pool");
    write_name(builder, run, TAG_LABEL, "LIST");
    if (*run->secret)
        write_host(builder, run);
}

static void at(struct trace_builder *builder, uint64_t ns)
{
    builder_at(builder, 1000 + ns);
}

/* Ticks of a child are of the same clock; its trace begins where it was forked. */
static struct trace_builder *begin_session(struct daemon_run *run, uint64_t start)
{
    at(run->master, start);
    builder_fork_event(run->master, ++run->forks);
    struct trace_builder *session =
        builder_fork(run->forks + 1, 1000 + (int)run->forks, 1, run->forks, STACKS);
    struct trace_header *header = builder_header(session);
    header->wall_ns = START + start;
    header->start_tick = 1000 + start;
    header->parent_pid = 1000;
    write_definitions(session, run);
    at(session, start);
    builder_mark(session, MARK_CONNECTION);
    builder_create(session, 10 * POOL, POOL, STACK_SESSION);
    builder_name_id(session, 10 * POOL, STACK_SESSION, TAG_SESSION);
    builder_alloc(session, 10 * POOL, STACK_SESSION, 4000);
    return session;
}

/* COMMANDS, evenly over DURATION; each uses a pool and, if it LEAKS, leaves one behind. */
static void write_session(struct daemon_run *run, uint64_t start, uint64_t duration,
                          unsigned commands, bool leaks)
{
    struct trace_builder *session = begin_session(run, start);
    for (unsigned i = 0; i < commands; i++) {
        at(session, start + duration / commands * i + SECOND / 10);
        builder_mark(session, MARK_COMMAND);
        builder_label(session, TAG_LABEL);
        builder_create(session, 11 * POOL, 10 * POOL, STACK_COMMAND);
        builder_alloc(session, 11 * POOL, STACK_COMMAND, 200);
        builder_destroy(session, 11 * POOL, STACK_COMMAND, UINT64_MAX, UINT64_MAX);
        if (!leaks)
            continue;
        const uint64_t left = 1000 * POOL + 0x1000 * (uint64_t)i;
        builder_create(session, left, 10 * POOL, STACK_LEAK);
        builder_name_id(session, left, STACK_LEAK, TAG_TRANSFER);
        builder_alloc(session, left, STACK_LEAK, 300 + i % 7 * 8);
    }
    at(session, start + duration);
    builder_end(session, 0);
    builder_write(session, run->dir);
    builder_free(session);
}

static void begin_master(struct daemon_run *run)
{
    struct trace_builder *master = run->master = builder_new(1, 1000);
    builder_header(master)->wall_ns = START;
    write_stacks(master);
    write_definitions(master, run);
    at(master, 0);
    builder_create(master, POOL, 0, STACK_START);
    builder_root(master, 0, POOL);
    for (unsigned i = 0; i < 5; i++) {
        builder_create(master, (2 + i) * POOL, POOL, STACK_TABLE);
        builder_name_id(master, (2 + i) * POOL, STACK_TABLE, TAG_TABLE);
        builder_alloc(master, (2 + i) * POOL, STACK_TABLE, 20000);
    }
    builder_mark(master, MARK_STARTUP);
}

static void end_master(struct daemon_run *run, uint64_t end)
{
    at(run->master, end);
    builder_mark(run->master, MARK_SHUTDOWN);
    at(run->master, end + SECOND);
    builder_destroy(run->master, POOL, STACK_START, UINT64_MAX, UINT64_MAX);
    builder_end(run->master, 0);
    builder_write(run->master, run->dir);
    builder_free(run->master);
}

static void write_days(struct daemon_run *run, unsigned days)
{
    const uint64_t whole = days * 24 * HOUR;
    begin_master(run);
    for (unsigned i = 0; i < 5; i++)
        write_session(run, HOUR + i * SECOND, whole - 2 * HOUR, days * 24 * 20, i == 2);
    for (unsigned hour = 2; hour < days * 24; hour++) {
        if (hour % 6 == 0) {
            at(run->master, hour * HOUR);
            builder_mark(run->master, MARK_RESTART);
            builder_alloc(run->master, 2 * POOL, STACK_RESTART, 1776);
        }
        write_session(run, hour * HOUR + 60 * SECOND, 300 * SECOND, 9, false);
    }
    end_master(run, whole);
}

static void write_sessions(struct daemon_run *run, unsigned sessions)
{
    begin_master(run);
    for (unsigned i = 0; i < sessions; i++)
        write_session(run, HOUR / sessions * i + SECOND, (20 + i % 40) * SECOND, 12 + i % 20,
                      i % 10 == 0);
    end_master(run, HOUR + 120 * SECOND);
}

static const char *read_text(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    if (!file || fread(text, 1, sizeof(text) - 1, file) == 0) {
        perror(path);
        exit(2);
    }
    fclose(file);
    return text;
}

int main(int argc, char **argv)
{
    const unsigned number = argc == 5 ? (unsigned)strtoul(argv[4], NULL, 10) : 0;
    const char *what = number ? argv[3] : "";
    struct daemon_run run = {.dir = argv[1],
                             .secret = strcmp(what, "secrets") == 0 ? "SECRET" : ""};
    if (strcmp(what, "days") != 0 && strcmp(what, "sessions") != 0 && !*run.secret) {
        fputs("Usage: write_recording DIR API days|sessions|secrets N\n", stderr);
        return 2;
    }
    run.api = read_text(argv[2]);
    if (strcmp(what, "days") == 0)
        write_days(&run, number);
    else
        write_sessions(&run, number);
    return 0;
}
/* SPDX-License-Identifier: MIT */
