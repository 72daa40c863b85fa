/* crash_test.c - signals that end programs: noted in the process, or told to who waited for it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/analysis.h"
#include "analyzer/rules/crash_note.h"
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>
#include <signal.h>

TestSuite(crash, .init = observed_set_up, .fini = observed_tear_down);

#define PAGE UINT64_C(0x90000)

static struct trace_builder *begin(void)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_create(builder, CHILD, ROOT, 2);
    builder_name(builder, CHILD, 1, "child");
    builder_guarded(builder, CHILD, 3, 20, PAGE);
    return builder;
}

static void note(struct trace_builder *builder, struct trace_crash crash)
{
    builder_record(builder, TRACE_RECORD_CRASH, &crash, sizeof(crash));
}

static struct analysis analyse(struct trace_builder *builder)
{
    struct analysis analysis;
    struct error error;
    write_trace(builder);
    cr_assert(analysis_run(&analysis, observed_dir, &error), "%s", error.text);
    return analysis;
}

Test(crash, what_was_noted_has_its_stack_and_what_it_touched)
{
    struct trace_builder *builder = begin();
    builder_destroy(builder, CHILD, 4, UNKNOWN, UNKNOWN);
    note(builder, (struct trace_crash){.tick = 5000,
                                       .stack = 5,
                                       .signal = SIGSEGV,
                                       .code = SEGV_MAPERR,
                                       .address = PAGE + 3,
                                       .how = TRACE_CRASH_ADDRESS});
    struct analysis analysis = analyse(builder);
    cr_assert_eq(analysis.findings.count, 1);
    const struct finding *finding = &analysis.findings.items[0];
    const struct crash_note *crash = finding->crash;
    cr_expect_str_eq(finding->rule, "crash");
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_expect_str_eq(finding->path, "top > child");
    cr_expect(crash->noted && crash->in_pool && !crash->handled && !crash->sent);
    cr_expect_eq(crash->offset, 3);
    cr_expect_eq(crash->size, 20);
    cr_assert_eq(crash->event_count, 6);
    cr_expect_str_eq(crash->events[5].what, "destroyed");
    cr_expect_str_eq(crash->events[5].path, "top > child");
    cr_expect_str_eq(crash->events[4].what, "allocated from");
    cr_expect_eq(crash->events[4].size, 20);
    analysis_end(&analysis);
}

Test(crash, what_came_after_a_handled_one_is_not_before_it)
{
    struct trace_builder *builder = begin();
    note(builder, (struct trace_crash){
                      .tick = 5000, .stack = 5, .signal = SIGBUS, .how = TRACE_CRASH_HANDLED});
    builder_at(builder, 6000);
    builder_destroy(builder, CHILD, 4, UNKNOWN, UNKNOWN);
    builder_create(builder, CHILD, ROOT, 2);
    builder_end(builder, 1);
    struct analysis analysis = analyse(builder);
    const struct finding *finding = &analysis.findings.items[0];
    cr_expect_str_eq(finding->rule, "crash");
    cr_expect(finding->crash->handled && !finding->crash->went_on);
    cr_expect_eq(finding->severity, SEVERITY_ERROR);
    cr_assert_eq(finding->crash->event_count, 5);
    cr_expect_str_eq(finding->crash->events[4].what, "allocated from");
    analysis_end(&analysis);
}

Test(crash, who_waited_tells_the_signal_alone)
{
    struct trace_builder *builder = begin();
    builder_header(builder)->signal = SIGABRT | TRACE_SIGNAL_DUMPED;
    struct analysis analysis = analyse(builder);
    cr_assert_eq(analysis.findings.count, 1);
    const struct crash_note *crash = analysis.findings.items[0].crash;
    cr_expect(!crash->noted && crash->dumped && !crash->has_address);
    cr_expect_eq(crash->signal, SIGABRT);
    cr_expect_eq(crash->event_count, 5);
    cr_expect_eq(recording_stats(analysis.recording)->signalled, 1);
    cr_expect_eq(recording_stats(analysis.recording)->unended, 0);
    analysis_end(&analysis);
}

Test(crash, a_signal_to_end_it_is_none)
{
    struct trace_builder *builder = begin();
    builder_header(builder)->signal = SIGTERM;
    struct analysis analysis = analyse(builder);
    cr_expect_eq(analysis.findings.count, 0);
    analysis_end(&analysis);
}

/* What a trace says is not believed. */
Test(crash, nonsense_is_told_as_it_is)
{
    struct trace_builder *builder = begin();
    for (unsigned i = 0; i < 40; i++)
        note(builder, (struct trace_crash){.tick = UINT64_MAX - i,
                                           .stack = 77 + i,
                                           .signal = UINT32_MAX - i,
                                           .how = UINT32_MAX,
                                           .address = UINT64_MAX});
    struct analysis analysis = analyse(builder);
    cr_expect_leq(analysis.findings.count, TRACE_CRASHES_MAX);
    cr_expect_geq(analysis.findings.count, 1);
    analysis_end(&analysis);
}

Test(crash, signals_have_names)
{
    char text[SIGNAL_TEXT];
    cr_expect_str_eq(signal_text(SIGSEGV, text), "SIGSEGV");
    cr_expect_str_eq(signal_text(127, text), "signal 127");
    cr_expect(signal_is_crash(SIGSEGV) && !signal_is_crash(SIGKILL));
}
