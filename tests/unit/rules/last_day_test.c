/*
 * last_day_test.c - growth in the last day of a process that has run for weeks is found, also where
 * it does not stand out beside all the time; and what stopped a week ago is not told to grow.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/rules/analysis.h"
#include "tests/unit/support/trace_dir.h"

#include <criterion/criterion.h>
#include <string.h>

#define SECOND    UINT64_C(1000000000)
#define DAY       (86400 * SECOND)
#define START     (1700000000 * SECOND)
#define PERMANENT UINT64_C(0x10000)
#define POOL      UINT64_C(0x20000)
#define A_DAY     2000 /* commands */

static const char api[] =
    "[api]\nname = test\n"
    "[functions]\nmake = create pool=ret parent=a0\ntake = alloc pool=a0 size=a1\n"
    "[marks]\ncommand = serve\n";

TestSuite(last_day, .init = set_up, .fini = tear_down);

/* Runs for so many DAYS, and leaves 64 bytes behind in each command from day FROM to day TO. */
static void record(double days, double from, double to)
{
    struct trace_builder *builder = builder_new(0x1000, 70);
    builder_header(builder)->wall_ns = START;
    builder_program(builder, "/d");
    builder_api(builder, api);
    builder_hook(builder, TRACE_RECORD_HOOK, "make", "/d", "symbol");
    builder_module(builder, 0x400000, 0x500000, 0, TRACE_NO_STACK, "/d");
    builder_stack(builder, 1, 2, (const uint64_t[]){0x400100, 0x400900});
    builder_stack(builder, 2, 2, (const uint64_t[]){0x400200, 0x400900});
    builder_create(builder, PERMANENT, 0, 1);
    builder_create(builder, POOL, PERMANENT, 1);
    for (unsigned i = 0; i < days * A_DAY; i++) {
        builder_at(builder, 2000 + i * (DAY / A_DAY));
        builder_mark(builder, 0);
        if (i == 0 || (i >= from * A_DAY && i < to * A_DAY))
            builder_alloc(builder, POOL, 2, 64);
    }
    write_trace(builder);
}

/* What is said of the last day of the one that grows; -1: it is not found. */
static int said(const char *since, double *a_day)
{
    struct analysis analysis;
    struct error error;
    const struct analysis_scope scope = {.since = since};
    int last_day = -1;
    cr_assert(analysis_run_of(&analysis, dir, &scope, &error), "%s", error.text);
    for (size_t i = 0; i < analysis.findings.count; i++) {
        const struct finding *finding = &analysis.findings.items[i];
        if (strcmp(finding->rule, "growing-pool") != 0)
            continue;
        last_day = (int)finding->last_day;
        *a_day = finding->cost.a_day;
        cr_expect_eq(finding->severity, SEVERITY_ERROR);
        cr_expect_eq(analysis.totals[SEVERITY_ERROR], 1);
    }
    analysis_end(&analysis);
    return last_day;
}

Test(last_day, a_leak_that_began_today)
{
    double a_day = 0;
    record(28, 27.5, 28);
    cr_expect_eq(said("+0s", &a_day), -1, "in four weeks it does not stand out");
    cr_expect_eq(said(NULL, &a_day), LAST_DAY_ONLY);
    cr_expect(a_day > 60 * A_DAY / 2 && a_day < 68 * A_DAY / 2, "%f bytes a day", a_day);
}

Test(last_day, a_leak_from_the_beginning)
{
    double a_day = 0;
    record(28, 0, 28);
    cr_expect_eq(said(NULL, &a_day), LAST_DAY_GROWS);
    cr_expect(a_day > 63 * A_DAY && a_day < 66 * A_DAY, "%f bytes a day", a_day);
}

Test(last_day, a_leak_that_stopped_a_week_ago)
{
    double a_day = 0;
    record(28, 0, 21);
    const int last_day = said(NULL, &a_day);
    cr_expect(last_day == -1 || last_day == LAST_DAY_RESTS, "%d", last_day);
}

Test(last_day, a_day_is_all_there_is)
{
    double a_day = 0;
    record(1.5, 0, 1.5);
    cr_expect_eq(said(NULL, &a_day), LAST_DAY_NOT_ASKED);
}
