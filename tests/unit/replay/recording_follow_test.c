/* recording_follow_test.c - a recording that is replayed while it is written: what is seen in the
 * end is what is seen in one go. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/follow.h"
#include "tests/unit/support/process_lines.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define POOL     UINT64_C(0x10000)
#define PROCESS  0x7fff0000 /* nobody has such a number */
#define CHILDREN 5
#define STEPS    60

static char *dir;

static void set_up(void)
{
    dir = temporary_directory();
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(recording_follow, .init = set_up, .fini = tear_down);

static void *begin(void *data)
{
    (void)data;
    struct process_line *line = calloc(1, sizeof(*line));
    line->observer = (struct replay_observer){.data = line, .on_end = process_line_end};
    return line;
}

/* A line for each process, at its number's place. */
static void add(void *data, void *text)
{
    char(*lines)[128] = data;
    snprintf(lines[atoi(text) - PROCESS], sizeof(*lines), "%s", (char *)text);
    free(text);
}

static struct recording *open_recording(void)
{
    struct error error = {""};
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording, "%s", error.text);
    return recording;
}

static struct follower *follow(char (*lines)[128])
{
    const struct replay_watch watch = {lines, begin, process_line_observers, process_line_take,
                                       add,   free};
    return follower_new(open_recording(), &watch);
}

static enum following go_on(struct follower *follower)
{
    struct error error = {""};
    enum following state = follower_go_on(follower, &error);
    cr_assert_neq(state, FOLLOW_FAILED, "%s", error.text);
    return state;
}

static unsigned below(unsigned *seed, unsigned limit)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % limit;
}

static struct trace_builder *begin_master(void)
{
    const uint64_t frame = 0x1000;
    struct trace_builder *builder = builder_new(1, PROCESS);
    builder_stack(builder, 1, 1, &frame);
    builder_create(builder, POOL, 0, 1);
    return builder;
}

/* Some events, with backtraces and names that are new. */
static void write_on(struct trace_builder *builder, unsigned *seed, uint32_t *stack)
{
    char tag[32];
    const uint64_t frames[] = {0x1000 + *stack, 0x2000};
    for (unsigned count = below(seed, 6); count > 0; count--) {
        builder_alloc(builder, POOL, *stack, 8 * below(seed, 10));
        if (below(seed, 3))
            continue;
        builder_stack(builder, ++*stack, 2, frames);
        builder_tag(builder, *stack, (snprintf(tag, sizeof(tag), "tag %u", *stack), tag));
        builder_name_id(builder, POOL, *stack, *stack);
        builder_create(builder, POOL + 0x1000 * *stack, POOL, *stack);
    }
}

/* All processes write in turns, and are looked at after each; children come in between. */
static void write_and_follow(struct follower *follower, struct trace_builder *master, unsigned seed)
{
    struct trace_builder *builders[1 + CHILDREN] = {master};
    uint32_t stacks[1 + CHILDREN] = {1};
    unsigned count = 1;
    for (unsigned step = 0; step < STEPS; step++) {
        if (step % 10 == 5 && count <= CHILDREN) {
            uint32_t first = ++stacks[0];
            builder_fork_event(master, count);
            builders[count] = builder_fork(1 + count, PROCESS + (int)count, 1, count, first);
            const uint64_t frame = 0x9000;
            builder_stack(builders[count], first + 1000, 1, &frame);
            builder_stack(master, ++stacks[0], 1, &frame);
            stacks[count++] = first + 1000;
        }
        for (unsigned i = 0; i < count; i++) {
            write_on(builders[i], &seed, &stacks[i]);
            if (step == STEPS - 1)
                builder_end(builders[i], 0);
        }
        for (unsigned i = count; i-- > 0;)
            builder_write(builders[i], dir);
        cr_assert_eq(go_on(follower), FOLLOW_ON, "step %u", step);
    }
    for (unsigned i = 0; i < count; i++)
        builder_free(builders[i]);
}

Test(recording_follow, is_what_is_seen_in_one_go)
{
    for (unsigned seed = 1; seed <= 3; seed++) {
        char lines[1 + CHILDREN][128] = {""}, whole[1 + CHILDREN][128] = {""};
        struct error error = {""};
        struct trace_builder *master = begin_master();
        builder_write(master, dir);
        struct follower *follower = follow(lines);
        write_and_follow(follower, master, seed);
        follower_end(follower);
        follower_close(follower);
        const struct replay_watch watch = {whole, begin, process_line_observers, process_line_take,
                                           add,   free};
        struct recording *recording = open_recording();
        cr_assert(recording_watch(recording, &watch, 1, &error), "%s", error.text);
        cr_expect_eq(recording_stats(recording)->unforked, 0);
        recording_close(recording);
        for (unsigned i = 0; i <= CHILDREN; i++) {
            cr_expect_gt(strlen(whole[i]), 0);
            cr_expect_str_eq(lines[i], whole[i]);
        }
        remove_directory(dir);
        dir = temporary_directory();
    }
}

static struct follower *follow_master(struct trace_builder *master, char (*lines)[128])
{
    builder_write(master, dir);
    struct follower *follower = follow(lines);
    cr_assert_eq(go_on(follower), FOLLOW_ON);
    return follower;
}

Test(recording_follow, a_child_that_comes_too_late_is_read_anew)
{
    char lines[1 + CHILDREN][128];
    struct trace_builder *master = begin_master();
    builder_fork_event(master, 1);
    struct follower *follower = follow_master(master, lines);
    struct trace_builder *child = builder_fork(2, PROCESS + 1, 1, 1, 2);
    builder_write(child, dir);
    cr_expect_eq(go_on(follower), FOLLOW_ANEW);
    follower_close(follower);
    builder_free(child);
    builder_free(master);
}

Test(recording_follow, another_recording_in_its_place_is_read_anew)
{
    char lines[1 + CHILDREN][128], path[4096];
    struct trace_builder *master = begin_master(), *other = builder_new(7, PROCESS + 7);
    struct follower *follower = follow_master(master, lines);
    snprintf(path, sizeof(path), "%s/%d.trace", dir, PROCESS);
    cr_assert_eq(remove(path), 0);
    builder_write(other, dir);
    cr_expect_eq(go_on(follower), FOLLOW_ANEW);
    follower_close(follower);
    builder_free(other);
    builder_free(master);
}

Test(recording_follow, what_is_damaged_is_read_as_far_as_it_is_whole)
{
    char lines[1 + CHILDREN][128] = {""};
    struct trace_builder *master = begin_master();
    struct follower *follower = follow_master(master, lines);
    builder_alloc(master, POOL, 1, 8);
    builder_bytes(master, "\xff\xff\xff", 3);
    builder_write(master, dir);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(go_on(follower), FOLLOW_ON);
    follower_end(follower);
    cr_expect(strstr(lines[0], " 2 events, 1 pools: 8 \n"), "%s", lines[0]);
    follower_close(follower);
    builder_free(master);
}
