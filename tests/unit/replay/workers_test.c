/* workers_test.c - a recording replayed by several threads: what is seen, and in which order it is
 * added, is the same as with one. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/process_lines.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL     UINT64_C(0x10000)
#define SESSIONS 600 /* more than may wait for one before them */
#define THREADS  8

static char *dir;

static void set_up(void)
{
    dir = temporary_directory();
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(workers, .init = set_up, .fini = tear_down);

static void write_trace(struct trace_builder *builder)
{
    builder_write(builder, dir);
    builder_free(builder);
}

/* Takes EVENTS times 8 bytes from the pool that its first process made, with backtraces that others
 * define, too. */
static struct trace_builder *begin_child(uint64_t id, uint64_t parent, uint32_t fork, int events)
{
    const uint64_t frames[] = {0x1000 + id % 7, 0x2000};
    struct trace_builder *builder = builder_fork(id, (int)id, parent, fork, 2);
    builder_stack(builder, 2, 2, frames);
    builder_name(builder, POOL, 1, id % 2 ? "odd" : "even");
    for (int i = 0; i < events; i++)
        builder_alloc(builder, POOL, i % 3 ? 1 : 2, 8);
    return builder;
}

static struct trace_builder *begin_master(uint64_t id)
{
    const uint64_t frame = 0x1000;
    struct trace_builder *builder = builder_new(id, (int)id);
    builder_stack(builder, 1, 1, &frame);
    builder_create(builder, POOL, 0, 1);
    return builder;
}

/* A master with sessions of many lengths, the first by far the longest, some with a child of their
 * own; the fork of the last of them is missing, as is the parent of one. */
static void write_recording(void)
{
    struct trace_builder *master = begin_master(1);
    for (uint32_t i = 1; i <= SESSIONS; i++) {
        uint64_t id = 1 + i;
        struct trace_builder *session = begin_child(id, 1, i, i == 1 ? 100000 : (int)(i % 50));
        builder_alloc(master, POOL, 1, 24);
        if (i < SESSIONS)
            builder_fork_event(master, i);
        if (i % 100 == 1) {
            builder_fork_event(session, 1);
            write_trace(begin_child(10000 + id, id, 1, 40));
        }
        builder_end(session, 0);
        write_trace(session);
    }
    builder_end(master, 0);
    write_trace(master);
    write_trace(begin_child(20000, 19999, 1, 10));
    write_trace(begin_master(30000));
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    (void)process;
    struct process_line *line = data;
    cr_assert(!line->replay || line->replay == replay, "one thread has two replays");
    line->replay = replay;
}

static void *begin(void *data)
{
    (void)data;
    struct process_line *line = calloc(1, sizeof(*line));
    line->observer =
        (struct replay_observer){.data = line, .on_start = on_start, .on_end = process_line_end};
    return line;
}

static void add(void *data, void *text)
{
    fputs(text, data);
    free(text);
}

/* All lines, by so many threads; the caller frees them. */
static char *replay_by(unsigned threads, struct recording_stats *stats)
{
    struct error error = {""};
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    struct replay_watch watch = {out, begin, process_line_observers, process_line_take, add, free};
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_watch(recording, &watch, threads, &error), "%s", error.text);
    *stats = *recording_stats(recording);
    recording_close(recording);
    fclose(out);
    return text;
}

static size_t count_lines(const char *text)
{
    size_t count = 0;
    for (; *text; text++)
        count += *text == '\n';
    return count;
}

Test(workers, several_threads_see_what_one_sees)
{
    struct recording_stats alone, together;
    write_recording();
    char *expected = replay_by(1, &alone);
    cr_expect_eq(count_lines(expected), alone.processes);
    cr_expect_eq(alone.processes, SESSIONS + 6 + 3);
    cr_expect_eq(alone.unforked, 2);
    cr_expect(strstr(expected, "\n1 601 events, 1 pools: 14400 "), "%s", expected);
    for (int i = 0; i < 5; i++) {
        char *text = replay_by(THREADS, &together);
        cr_expect_str_eq(text, expected);
        cr_expect_eq(together.events, alone.events);
        cr_expect_eq(together.traced_bytes, alone.traced_bytes);
        cr_expect_eq(together.distinct_stacks, alone.distinct_stacks);
        cr_expect_eq(together.unforked, alone.unforked);
        cr_expect_eq(together.first_ns, alone.first_ns);
        cr_expect_eq(together.last_ns, alone.last_ns);
        free(text);
    }
    free(expected);
}

Test(workers, a_trace_that_is_gone_ends_the_replay)
{
    write_recording();
    for (unsigned threads = 1; threads <= THREADS; threads += THREADS - 1) {
        struct error error = {""};
        char path[4096];
        FILE *out = tmpfile();
        struct replay_watch watch = {out, begin, process_line_observers, process_line_take,
                                     add, free};
        struct recording *recording = recording_open(dir, &error);
        cr_assert(recording, "%s", error.text);
        snprintf(path, sizeof(path), "%s/%d.trace", dir, 400 + (int)threads);
        cr_assert_eq(remove(path), 0);
        cr_expect_not(recording_watch(recording, &watch, threads, &error));
        cr_expect(strstr(error.text, path), "%s", error.text);
        recording_close(recording);
        fclose(out);
    }
}
