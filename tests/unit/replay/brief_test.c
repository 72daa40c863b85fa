/*
 * brief_test.c - pools that are made and ended within few events: who takes them briefly hears the
 * same of them as who does not, and of all others as before.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/replay.h"
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(brief, .init = observed_set_up, .fini = observed_tear_down);

enum { MADE = 1, TAKEN, ENDED, MADE_WITHIN, ENDED_WITHIN, NAME };

/* What an observer is told: how pools end, how often briefly, and what stacks took from these. */
struct heard {
    struct replay *replay;
    char lines[8192];
    size_t length;
    char ends[8192]; /* of those lines, the ones that tell of ends */
    unsigned briefly, told, again;
    uint32_t noted;
    bool bored; /* once is enough */
    uint32_t stacks[BRIEF_ALLOCATIONS];
    size_t stack_count;
};

static struct heard heard;

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    (void)data, (void)process;
    heard.replay = replay;
}

static void say(const struct process *process, const struct pool *pool, const char *what)
{
    const size_t before = heard.length;
    heard.length += (size_t)snprintf(
        heard.lines + heard.length, sizeof(heard.lines) - heard.length,
        "%s %lx %s, number %u, serial %u, %lu times %lu B, at %lu; %u pools, %lu B, %lu events\n",
        what, (unsigned long)pool->address, replay_string(heard.replay, pool->tag), pool->number,
        pool->serial, (unsigned long)pool->allocations, (unsigned long)pool->bytes,
        (unsigned long)process->tick, process->pools, (unsigned long)process->bytes,
        (unsigned long)process->events);
    if (what[0] == 'e')
        strcat(heard.ends, heard.lines + before);
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    (void)data;
    say(process, pool, "made");
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)data, (void)stack;
    heard.told++;
    say(process, pool, with == pool ? "ended" : "ended with another");
}

static void on_brief(void *data, const struct process *process, const struct pool *pool,
                     const struct pool *with, uint32_t stack)
{
    cr_assert(pool->brief);
    on_destroy(data, process, pool, with, stack);
    heard.told--;
    heard.briefly++;
    heard.stack_count = replay_brief_stacks(heard.replay, pool, heard.stacks);
}

static bool on_brief_again(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note)
{
    on_brief(data, process, pool, pool, stack);
    heard.again++;
    heard.noted += *note;
    *note = 1;
    return !heard.bored;
}

static const struct replay_observer at_length = {
    .data = &heard, .on_start = on_start, .on_create = on_create, .on_destroy = on_destroy};
static const struct replay_observer briefly = {.data = &heard,
                                               .on_start = on_start,
                                               .on_create = on_create,
                                               .on_destroy = on_destroy,
                                               .on_brief_create = on_create,
                                               .on_brief = on_brief};
static const struct replay_observer again = {.data = &heard,
                                             .on_start = on_start,
                                             .on_create = on_create,
                                             .on_destroy = on_destroy,
                                             .on_brief_create = on_create,
                                             .on_brief = on_brief,
                                             .on_brief_again = on_brief_again};

static struct recording_stats replay_for(const struct replay_observer *observer)
{
    struct error error = {""};
    heard = (struct heard){.bored = heard.bored};
    struct recording *recording = recording_open(observed_dir, &error);
    cr_assert(recording, "%s", error.text);
    cr_assert(recording_replay(recording, observer, 1, &error), "%s", error.text);
    struct recording_stats stats = *recording_stats(recording);
    recording_close(recording);
    return stats;
}

static void expect_same(const struct recording_stats *some, const struct recording_stats *all)
{
    cr_expect_eq(some->events, all->events);
    cr_expect_eq(some->creates, all->creates);
    cr_expect_eq(some->destroys, all->destroys);
    cr_expect_eq(some->allocations, all->allocations);
    cr_expect_eq(some->traced_bytes, all->traced_bytes);
    cr_expect_eq(some->coverage.pools, all->coverage.pools);
    cr_expect_eq(some->coverage.traced[0], all->coverage.traced[0]);
    cr_expect_eq(some->coverage.mismatches, all->coverage.mismatches);
    cr_expect_eq(some->stale, all->stale);
}

/* Replays the trace of BUILDER for all: as much was told BRIEFLY, and in the same words. */
static void expect(struct trace_builder *builder, unsigned told_briefly)
{
    char lines[sizeof(heard.lines)], ends[sizeof(heard.ends)];
    write_trace(builder);
    const struct recording_stats all = replay_for(&at_length);
    memcpy(lines, heard.lines, sizeof(lines));
    memcpy(ends, heard.ends, sizeof(ends));
    cr_expect_eq(heard.briefly, 0);
    const unsigned ended = heard.told;
    const struct recording_stats brief = replay_for(&briefly);
    cr_expect_str_eq(heard.lines, lines);
    cr_expect_eq(heard.briefly, told_briefly, "%u", heard.briefly);
    cr_expect_eq(heard.briefly + heard.told, ended);
    expect_same(&brief, &all);
    const struct recording_stats once_more = replay_for(&again);
    cr_expect_str_eq(heard.ends, ends);
    cr_expect_eq(heard.briefly, told_briefly);
    expect_same(&once_more, &all);
}

static struct trace_builder *begin(void)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, MADE);
    builder_name(builder, ROOT, MADE, "top");
    return builder;
}

static void end_pool(struct trace_builder *builder, uint64_t pool, uint32_t stack)
{
    builder_destroy(builder, pool, stack, UNKNOWN, 512);
}

/* A pool with another one in it. */
static void serve(struct trace_builder *builder, unsigned allocations)
{
    builder_mark(builder, COMMAND);
    builder_create(builder, CHILD, ROOT, MADE);
    builder_name(builder, CHILD, MADE, "command");
    for (unsigned i = 0; i < allocations; i++)
        builder_alloc(builder, CHILD, TAKEN, 10 + i);
    builder_create(builder, GRAND, CHILD, MADE_WITHIN);
    builder_alloc(builder, GRAND, TAKEN, 100);
    builder_alloc(builder, ROOT, TAKEN, 8);
    end_pool(builder, GRAND, ENDED_WITHIN);
    end_pool(builder, CHILD, ENDED);
}

Test(brief, who_was_told_of_one_is_told_briefly_of_those_alike)
{
    struct trace_builder *builder = begin();
    for (unsigned i = 0; i < 10; i++)
        serve(builder, i % 3);
    expect(builder, 9 * 2);
}

Test(brief, what_took_more_is_not_brief)
{
    struct trace_builder *builder = begin();
    serve(builder, 1);
    serve(builder, BRIEF_ALLOCATIONS);
    serve(builder, BRIEF_ALLOCATIONS + 1); /* but what lies in it */
    expect(builder, 2 + 1);
}

Test(brief, its_stacks_are_told_in_their_order)
{
    struct trace_builder *builder = begin();
    for (unsigned i = 0; i < 2; i++) {
        builder_create(builder, CHILD, ROOT, MADE);
        builder_alloc(builder, CHILD, ENDED, 8); /* of the one before, at the same address */
        end_pool(builder, CHILD, ENDED);
        builder_create(builder, CHILD, ROOT, MADE);
        builder_alloc(builder, CHILD, TAKEN, 8);
        builder_alloc(builder, CHILD, MADE, UINT64_C(1) << 33);
        builder_alloc(builder, CHILD, TAKEN, 8);
        end_pool(builder, CHILD, ENDED);
    }
    expect(builder, 3);
    cr_assert_eq(heard.stack_count, 3);
    cr_expect_eq(heard.stacks[0], heard.stacks[2]);
    cr_expect_neq(heard.stacks[0], heard.stacks[1]);
}

/* Others are made alike, but: */
static void expect_none(struct trace_builder *builder)
{
    end_pool(builder, CHILD, ENDED);
    end_pool(builder, ROOT, ENDED);
    expect(builder, 2);
}

static struct trace_builder *begin_another(void)
{
    struct trace_builder *builder = begin();
    serve(builder, 1);
    serve(builder, 1);
    builder_create(builder, CHILD, ROOT, MADE);
    builder_name(builder, CHILD, MADE, "command");
    return builder;
}

Test(brief, what_is_there_in_another_unit_is_not)
{
    struct trace_builder *builder = begin_another();
    builder_mark(builder, COMMAND);
    expect_none(builder);
}

Test(brief, what_is_cleared_is_not)
{
    struct trace_builder *builder = begin_another();
    builder_clear(builder, CHILD, ENDED, UNKNOWN, UNKNOWN);
    expect_none(builder);
}

Test(brief, what_takes_others_along_is_not)
{
    struct trace_builder *builder = begin_another();
    builder_create(builder, GRAND, CHILD, MADE_WITHIN);
    expect_none(builder);
}

Test(brief, what_another_is_made_beside_is_not)
{
    struct trace_builder *builder = begin_another();
    builder_create(builder, OTHER, ROOT, MADE_WITHIN);
    expect_none(builder);
}

Test(brief, what_is_named_otherwise_is_not)
{
    struct trace_builder *builder = begin();
    serve(builder, 1);
    serve(builder, 1);
    builder_create(builder, CHILD, ROOT, MADE);
    builder_name(builder, CHILD, MADE, "another");
    expect_none(builder);
}

Test(brief, what_lies_in_a_pool_that_is_gone_is_not)
{
    struct trace_builder *builder = begin();
    serve(builder, 1);
    serve(builder, 1);
    end_pool(builder, ROOT, ENDED);
    builder_mark(builder, COMMAND);
    builder_create(builder, CHILD, ROOT, MADE);
    builder_name(builder, CHILD, MADE, "command");
    end_pool(builder, CHILD, ENDED);
    expect(builder, 2);
}

Test(brief, who_uses_one_after_its_end_is_told_of)
{
    struct trace_builder *builder = begin();
    for (unsigned i = 0; i < 3; i++) {
        serve(builder, 1);
        builder_alloc(builder, CHILD, TAKEN, 8);
    }
    expect(builder, 4);
    cr_expect_eq(replay_for(&briefly).stale, 3);
}

/* A pool with another one in it, that takes MORE than ever; and what holds as much as both do. */
static void work(struct trace_builder *builder, uint64_t pool, uint64_t inner, unsigned more)
{
    builder_mark(builder, COMMAND);
    builder_create(builder, pool, ROOT, MADE);
    builder_name_id(builder, pool, MADE, NAME);
    builder_alloc(builder, pool, TAKEN, 10 + more);
    builder_create(builder, inner, pool, MADE_WITHIN);
    builder_alloc(builder, inner, TAKEN, 20);
    builder_alloc(builder, inner, TAKEN, 30 + more);
    end_pool(builder, inner, ENDED_WITHIN);
    builder_alloc(builder, pool, ENDED, 5);
    end_pool(builder, pool, ENDED);
}

/* Those that were told of are brief, the next two are learnt from. */
static struct trace_builder *begin_work(void)
{
    struct trace_builder *builder = begin();
    builder_tag(builder, NAME, "command");
    builder_create(builder, OTHER, ROOT, MADE);
    builder_alloc(builder, OTHER, TAKEN, 4096);
    end_pool(builder, OTHER, ENDED);
    for (unsigned i = 0; i < 3; i++)
        work(builder, CHILD, GRAND, 0);
    return builder;
}

Test(brief, what_comes_again_is_told_of_once_each)
{
    struct trace_builder *builder = begin_work();
    for (unsigned i = 0; i < 5; i++)
        work(builder, i % 2 ? CHILD : GRAND, i % 2 ? GRAND : OTHER, 8 * i);
    expect(builder, 2 + 2 + 5 * 2);
    cr_expect_eq(heard.again, 5 * 2);
    cr_expect_eq(heard.noted, 4 * 2, "%u", heard.noted);
}

Test(brief, who_wants_no_more_of_what_comes_again_is_told_no_more)
{
    struct trace_builder *builder = begin_work();
    for (unsigned i = 0; i < 5; i++)
        work(builder, CHILD, GRAND, i);
    write_trace(builder);
    heard.bored = true;
    replay_for(&again);
    cr_expect_eq(heard.again, 2);
}

Test(brief, who_wants_no_more_is_told_again_once_something_else_happened)
{
    struct trace_builder *builder = begin_work();
    for (unsigned i = 0; i < 6; i++) {
        work(builder, CHILD, GRAND, i);
        if (i == 2)
            builder_mark(builder, RESTART);
    }
    write_trace(builder);
    heard.bored = true;
    replay_for(&again);
    cr_expect_eq(heard.again, 2 * 2);
}

Test(brief, what_takes_more_than_was_there_ever_does_not_come_again)
{
    struct trace_builder *builder = begin_work();
    work(builder, CHILD, GRAND, 4096);
    work(builder, CHILD, GRAND, 1);
    expect(builder, 2 + 2 + 2 * 2);
    cr_expect_eq(heard.again, 2);
}

Test(brief, what_is_at_the_address_of_one_that_lives_does_not_come_again)
{
    struct trace_builder *builder = begin_work();
    builder_create(builder, GRAND, ROOT, MADE_WITHIN);
    work(builder, CHILD, GRAND, 1); /* that one ends without telling */
    work(builder, CHILD, ROOT, 1);
    expect(builder, 2 + 2);
    cr_expect_eq(heard.again, 0);
}

Test(brief, what_came_again_can_be_used_after_its_end)
{
    struct trace_builder *builder = begin_work();
    work(builder, CHILD, GRAND, 1);
    builder_alloc(builder, GRAND, TAKEN, 8);
    end_pool(builder, CHILD, TAKEN);
    expect(builder, 2 + 2 + 2);
    cr_expect_eq(replay_for(&again).stale, 2);
}
