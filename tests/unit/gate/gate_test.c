/* gate_test.c - which findings fail: by severity, by a baseline, beside doubts. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/gate.h"
#include "analyzer/util/memory.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>

#define ROOT UINT64_C(0x10000)
#define POOL UINT64_C(0x20000)

static const char api[] = "[api]\nname = test\n[functions]\nmake = create pool=ret\n"
                          "[roots]\nroot_pool\n"
                          "[marks]\ncommand = begin\nconnection = connected\nstartup = started\n";

enum { COMMAND, CONNECTION, STARTUP };

static char *dir;
static struct trace_builder *trace;
static struct analysis analysis;
static struct policy policy;
static struct suppressions suppressions;
static struct gate gate;

/* A process with a root pool and, without a stack of its own, what is taken by stack 1. */
static void set_up(void)
{
    const uint64_t frame = 0x5000;
    dir = temporary_directory();
    trace = builder_new(1, 10);
    builder_api(trace, api);
    builder_hook(trace, TRACE_RECORD_HOOK, "make", "x", "symbol");
    builder_stack(trace, 1, 1, &frame);
    builder_create(trace, ROOT, 0, 0);
    builder_root(trace, 0, ROOT);
    policy_default(&policy);
}

static void tear_down(void)
{
    gate_end(&gate);
    analysis_end(&analysis);
    policy_free(&policy);
    remove_directory(dir);
}

TestSuite(gate, .init = set_up, .fini = tear_down);

static void judge(const struct known_list *baseline)
{
    struct error error = {""};
    builder_write(trace, dir);
    builder_free(trace);
    cr_assert(analysis_run(&analysis, dir, &error), "%s", error.text);
    const struct gate_rules rules = {&policy, &suppressions, baseline};
    gate_judge(&gate, &analysis, &rules);
    cr_assert_eq(gate.count, 1, "%zu findings", gate.count);
}

static const struct known_list *empty(void)
{
    static const struct known_list none;
    return &none;
}

Test(gate, an_allocation_from_a_root_pool_at_startup_passes_by_its_severity)
{
    builder_alloc(trace, ROOT, 1, 24);
    judge(NULL);
    cr_expect_eq(gate.verdicts[0].severity, SEVERITY_WARNING);
    cr_expect_eq(gate.failing, 0);
    cr_expect_eq(gate.passing_new, 1, "and is named");
}

Test(gate, but_not_beside_a_baseline_that_does_not_have_it)
{
    builder_alloc(trace, ROOT, 1, 24);
    judge(empty());
    cr_expect_eq(gate.failing, 1);
    cr_expect(gate.verdicts[0].by_baseline);
    cr_expect_eq(gate.passing_new, 0);
}

Test(gate, nor_when_the_policy_has_it_as_a_note)
{
    policy.rules = xcalloc(1, sizeof(*policy.rules));
    policy.rules[policy.rule_count++] = (struct policy_rule){
        "permanent-pool-alloc", {POLICY_SEVERITY + SEVERITY_NOTE, POLICY_AS_FOUND}};
    builder_alloc(trace, ROOT, 1, 24);
    judge(empty());
    cr_expect_eq(gate.failing, 1);
}

Test(gate, what_is_off_passes)
{
    policy.rules = xcalloc(1, sizeof(*policy.rules));
    policy.rules[policy.rule_count++] =
        (struct policy_rule){"permanent-pool-alloc", {POLICY_OFF, POLICY_OFF}};
    builder_alloc(trace, ROOT, 1, 24);
    judge(empty());
    cr_expect_eq(gate.failing, 0);
}

Test(gate, where_nothing_is_to_fail_nothing_does)
{
    policy.fail_on = POLICY_AS_FOUND;
    builder_alloc(trace, ROOT, 1, 24);
    judge(empty());
    cr_expect_eq(gate.failing, 0);
    cr_expect_eq(gate.passing_new, 1);
}

static struct known_list as_of_now(double part)
{
    struct known_list list = {0};
    struct known_finding known = known_copy(&gate.known.items[0]);
    known.bytes *= part;
    known_list_add(&list, known);
    return list;
}

Test(gate, what_the_baseline_has_passes_until_it_is_more)
{
    builder_alloc(trace, ROOT, 1, 24);
    judge(NULL);
    for (unsigned less = 0; less < 2; less++) {
        struct known_list baseline = as_of_now(less ? 0.5 : 1);
        const struct gate_rules rules = {&policy, &suppressions, &baseline};
        gate_end(&gate);
        gate_judge(&gate, &analysis, &rules);
        cr_expect_eq(gate.failing, less);
        cr_expect_eq(gate.unchanged, 1 - less);
        cr_expect_eq(gate.passing_new, 0);
        known_list_free(&baseline);
    }
}

Test(gate, growth_in_a_session_fails)
{
    builder_mark(trace, CONNECTION);
    for (unsigned i = 0; i < 30; i++) {
        builder_mark(trace, COMMAND);
        builder_alloc(trace, ROOT, 1, 24);
    }
    judge(NULL);
    cr_expect_eq(gate.verdicts[0].finding->kind, PROCESS_SESSION);
    cr_expect_eq(gate.verdicts[0].severity, SEVERITY_ERROR);
    cr_expect_eq(gate.failing, 1);
}

Test(gate, other_warnings_pass_a_baseline_and_are_named)
{
    builder_create(trace, POOL, ROOT, 1);
    builder_mark(trace, STARTUP);
    for (unsigned i = 1; i <= 100; i++) {
        builder_mark(trace, COMMAND);
        if (i <= 6 || i == 40 || i == 80)
            builder_alloc(trace, POOL, 1, 64);
    }
    judge(empty());
    cr_expect_str_eq(gate.verdicts[0].finding->rule, "growing-pool");
    cr_expect_eq(gate.failing, 0);
    cr_expect_eq(gate.passing_new, 1);
}

Test(gate, work_that_the_policy_requires)
{
    policy.required[API_MARK_RESTART] = 3;
    builder_alloc(trace, ROOT, 1, 24);
    builder_end(trace, 0);
    judge(NULL);
    cr_expect_eq(gate.doubts.count, 1);
}
