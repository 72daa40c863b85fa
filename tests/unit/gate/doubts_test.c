/* doubts_test.c - what a recording lacks to be judged by, in traces made for it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/doubts.h"
#include "analyzer/gate/doubts_work.h"
#include "preload/api/pool_api.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#define POOL UINT64_C(0x10000)

static const char api[] = "[api]\nname = test\n[functions]\nmake = create pool=ret\n"
                          "make_too = create pool=ret\nend = destroy pool=a0\n"
                          "tail(take) = alloc pool=a0 size=a1 else=take\n"
                          "[marks]\ncommand = begin\nstartup = started\n";

static char *dir;
static struct trace_builder *trace;
static bool goes_on;

/* A process that makes a pool; its functions are hooked, but no mark is. It ends, unless it
 * GOES_ON. */
static void set_up(void)
{
    goes_on = false;
    dir = temporary_directory();
    trace = builder_new(1, 10);
    builder_api(trace, api);
    builder_hook_of(trace, TRACE_RECORD_HOOK, API_CREATE, "make", "x", "symbol");
    builder_hook_of(trace, TRACE_RECORD_HOOK, API_DESTROY, "end", "x", "symbol");
    builder_create(trace, POOL, 0, 0);
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(doubts, .init = set_up, .fini = tear_down);

static struct recording *replayed(void)
{
    struct error error = {""};
    if (!goes_on)
        builder_end(trace, 0);
    builder_write(trace, dir);
    builder_free(trace);
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording && recording_replay(recording, NULL, 0, &error), "%s", error.text);
    return recording;
}

/* That there is one doubt, with WORDS in it; NULL: that there is none. */
static void expect_doubt(const char *words)
{
    struct recording *recording = replayed();
    struct doubts doubts = doubts_of(recording);
    cr_assert_eq(doubts.count, words ? 1 : 0, "%zu: %s", doubts.count,
                 doubts.count ? doubts.text[0] : "");
    cr_expect(!words || strstr(doubts.text[0], words), "%s", doubts.count ? doubts.text[0] : "");
    doubts_free(&doubts);
    recording_close(recording);
}

static void take(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        builder_alloc(trace, POOL, 0, 8);
}

Test(doubts, one_event_in_a_hundred_may_not_fit_the_others)
{
    take(98);
    builder_alloc(trace, POOL + 8, 0, 8);
    expect_doubt(NULL);
}

Test(doubts, more_than_that_have_no_verdict)
{
    take(97);
    builder_alloc(trace, POOL + 8, 0, 8);
    builder_create(trace, POOL, 0, 0);
    expect_doubt("2 of 100 pool events are inconsistent");
}

Test(doubts, what_is_taken_from_a_pool_that_was_seen_to_end_is_a_finding)
{
    builder_destroy(trace, POOL, 0, UINT64_MAX, UINT64_MAX);
    take(10);
    expect_doubt(NULL);
}

static size_t doubts_with(const struct recording *recording, double coverage)
{
    struct doubts doubts = doubts_accepting(recording, coverage);
    const size_t count = doubts.count;
    doubts_free(&doubts);
    return count;
}

Test(doubts, a_gap_that_is_accepted_is_none)
{
    take(999);
    builder_destroy(trace, POOL, 0, 8000, 8192);
    builder_create(trace, POOL, 0, 0);
    take(1000);
    builder_destroy(trace, POOL, 0, 7992, 8192); /* one too many makes up for nothing */
    struct recording *recording = replayed();
    cr_expect_eq(doubts_with(recording, 100), 1);
    cr_expect_eq(doubts_with(recording, 99.9), 1);
    cr_expect_eq(doubts_with(recording, 99.89), 0);
    cr_expect_float_eq(coverage_least(&recording_stats(recording)->coverage),
                       100 - 100 * 16 / 15992.0, 1e-9);
    recording_close(recording);
}

Test(doubts, a_function_without_fallback_is_missed)
{
    builder_hook_of(trace, TRACE_RECORD_SKIPPED, API_ALLOC, "tail(take)", "x", "not found");
    expect_doubt("tail(take) (alloc) is not hooked, and nothing stands in for it: not found.");
}

Test(doubts, a_fallback_stands_in_for_it)
{
    builder_hook_of(trace, TRACE_RECORD_SKIPPED, API_ALLOC, "tail(take)", "x", "not found");
    builder_hook_of(trace, TRACE_RECORD_HOOK, API_ALLOC, "take", "x", "symbol, as a fallback");
    expect_doubt(NULL);
}

Test(doubts, in_another_image_it_does_not)
{
    builder_hook_of(trace, TRACE_RECORD_SKIPPED, API_ALLOC, "tail(take)", "x", "not found");
    builder_hook_of(trace, TRACE_RECORD_HOOK, API_ALLOC, "take", "y", "symbol, as a fallback");
    expect_doubt("tail(take)");
}

Test(doubts, what_nobody_defines_nobody_calls)
{
    builder_hook_of(trace, TRACE_RECORD_SKIPPED, API_CREATE, "make_too", "x", TRACE_NOT_DEFINED);
    expect_doubt(NULL);
}

Test(doubts, but_something_has_to_allocate)
{
    builder_hook_of(trace, TRACE_RECORD_SKIPPED, API_ALLOC, "tail(take)", "x", TRACE_NOT_DEFINED);
    expect_doubt("tail(take)");
}

Test(doubts, code_that_two_functions_share_is_hooked)
{
    builder_hook_of(trace, TRACE_RECORD_SKIPPED, API_CREATE, "make_too", "x", TRACE_HOOKED_ALREADY);
    expect_doubt(NULL);
}

Test(doubts, what_is_no_function_of_the_description_is_not_missed)
{
    builder_hook_of(trace, TRACE_RECORD_SKIPPED, API_DESTROY, "poison", "x", "it is not known how");
    builder_hook_of(trace, TRACE_RECORD_SKIPPED, API_SET_NAME, "call_it", "x", "not found");
    expect_doubt(NULL);
}

Test(doubts, marks_that_never_fire)
{
    builder_hook_of(trace, TRACE_RECORD_HOOK, API_MARK, "begin", "x", "symbol");
    builder_mark(trace, 1);
    builder_fork_event(trace, 1);
    struct trace_builder *child = builder_fork(2, 11, 1, 1, 1);
    builder_write(child, dir);
    builder_free(child);
    expect_doubt("No unit of work was seen, though begin is hooked");
}

Test(doubts, a_mark_that_fires)
{
    builder_hook_of(trace, TRACE_RECORD_HOOK, API_MARK, "begin", "x", "symbol");
    for (unsigned i = 0; i < 3; i++)
        builder_mark(trace, 0);
    expect_doubt(NULL);
}

Test(doubts, one_that_fires_too_rarely)
{
    builder_hook_of(trace, TRACE_RECORD_HOOK, API_MARK, "begin", "x", "symbol");
    builder_mark(trace, 0);
    builder_mark(trace, 0);
    expect_doubt("Leaks cannot be told yet: growth shows over 3 or more commands, ");
}

Test(doubts, work_without_units)
{
    goes_on = true;
    take(10000);
    expect_doubt("Process 10 had 10,001 pool events and no unit of work");
}

Test(doubts, little_work_without_units)
{
    goes_on = true;
    take(9998);
    expect_doubt("Leaks cannot be told yet");
}

Test(doubts, a_tool_that_ran_to_its_end)
{
    take(20000);
    goes_on = true;
    builder_end(trace, 1);
    builder_header(trace)->cpu_ns = UINT64_C(6000000000);
    expect_doubt(NULL);
}

Test(doubts, cpu_time_without_units)
{
    goes_on = true;
    builder_header(trace)->cpu_ns = UINT64_C(5000000001);
    expect_doubt("1 pool events, CPU time of 5.0 s and no unit of work");
}

Test(doubts, a_session_whose_work_is_of_another_kind)
{
    builder_hook_of(trace, TRACE_RECORD_HOOK, API_MARK, "begin", "x", "symbol");
    builder_mark(trace, 0);
    builder_fork_event(trace, 1);
    struct trace_builder *child = builder_fork(2, 11, 1, 1, 1);
    for (unsigned i = 0; i <= 10000; i++)
        builder_alloc(child, POOL, 0, 8);
    builder_end(child, 0);
    builder_write(child, dir);
    builder_free(child);
    expect_doubt("Process 11 had 10,001 pool events");
}

Test(doubts, a_trace_that_cannot_be_used)
{
    char path[4096];
    snprintf(path, sizeof(path), "%s/11.trace", dir);
    write_trace_file(path, "rubbish", 7);
    expect_doubt("A trace cannot be used: ");
}

static size_t missing(const struct recording *recording, uint64_t commands, uint64_t restarts)
{
    const uint64_t required[] = {
        [API_MARK_COMMAND] = commands, [API_MARK_RESTART] = restarts, [API_MARK_CONNECTION] = 0};
    struct doubts doubts = {0};
    doubts_require(&doubts, recording, required);
    size_t count = doubts.count;
    doubts_free(&doubts);
    return count;
}

Test(doubts, required_work)
{
    builder_mark(trace, 0);
    builder_mark(trace, 0);
    struct recording *recording = replayed();
    cr_expect_eq(missing(recording, 0, 0), 0);
    cr_expect_eq(missing(recording, 2, 0), 0);
    cr_expect_eq(missing(recording, 3, 0), 1);
    cr_expect_eq(missing(recording, 3, 1), 2);
    recording_close(recording);
}
