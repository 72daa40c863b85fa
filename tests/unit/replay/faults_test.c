/*
 * faults_test.c - allocations with pages of their own, and what was touched of them: told with the
 * pool as it was, also when its address is another's.
 *
 * SPDX-License-Identifier: MIT
 */
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(faults, .init = observed_set_up, .fini = observed_tear_down);

#define PAGE       UINT64_C(0x90000)
#define NEXT       (PAGE + 4096)
#define DEAD_WRITE (TRACE_FAULT_DEAD | TRACE_FAULT_WRITE)

static struct trace_builder *begin(void)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_name(builder, ROOT, 1, "top");
    builder_create(builder, CHILD, ROOT, 2);
    builder_name(builder, CHILD, 1, "child");
    return builder;
}

/* What was told of faults when BUILDER's trace was replayed; and of coverage, nothing is amiss. */
static void expect(struct trace_builder *builder, const char *faults)
{
    char told[4096] = "";
    builder_end(builder, 0);
    write_trace(builder);
    struct recording *recording = replay_all();
    for (const char *line = observed; *line; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "1: fault", strlen("1: fault")) == 0)
            strncat(told, line + 3, (size_t)(strchr(line, '\n') + 1 - line - 3));
    }
    cr_expect_str_eq(told, faults);
    cr_expect_eq(recording_stats(recording)->coverage.mismatches, 0);
    recording_close(recording);
}

Test(faults, beyond_what_lives)
{
    struct trace_builder *builder = begin();
    builder_guarded(builder, CHILD, 3, 20, PAGE + 4072);
    builder_fault(builder, CHILD, 5, PAGE + 4072, TRACE_FAULT_WRITE, 24);
    builder_fault(builder, CHILD, 5, PAGE + 4072, 0, -4080);
    builder_destroy(builder, CHILD, 4, 0, 100);
    expect(builder, "fault 1 of 20 B at 24 in top > child, made 2, taken 3, ended 0, stack 5\n"
                    "fault 0 of 20 B at -4080 in top > child, made 2, taken 3, ended 0, stack 5\n");
}

Test(faults, what_is_dead_is_told_though_its_address_is_another_pools)
{
    struct trace_builder *builder = begin();
    builder_guarded(builder, CHILD, 3, 16, PAGE);
    builder_destroy(builder, CHILD, 4, 0, 100);
    builder_create(builder, CHILD, ROOT, 6);
    builder_name(builder, CHILD, 1, "other");
    builder_guarded(builder, CHILD, 7, 8, NEXT);
    builder_fault(builder, CHILD, 5, PAGE, DEAD_WRITE, 3);
    expect(builder, "fault 3 of 16 B at 3 in top > child, made 2, taken 3, ended 4, stack 5\n");
}

Test(faults, what_is_below_ends_with_its_parent)
{
    struct trace_builder *builder = begin();
    builder_create(builder, GRAND, CHILD, 2);
    builder_name(builder, GRAND, 1, "grand");
    builder_guarded(builder, GRAND, 3, 16, PAGE);
    builder_destroy(builder, CHILD, 4, 0, 100);
    builder_destroy(builder, GRAND, 4, 0, 100);
    builder_fault(builder, GRAND, 5, PAGE, TRACE_FAULT_DEAD, 0);
    expect(builder,
           "fault 2 of 16 B at 0 in top > child > grand, made 2, taken 3, ended 4, stack 5\n");
}

Test(faults, a_cleared_pool_lives)
{
    struct trace_builder *builder = begin();
    builder_guarded(builder, CHILD, 3, 16, PAGE);
    builder_clear(builder, CHILD, 4, 0, 100);
    builder_guarded(builder, CHILD, 3, 16, NEXT);
    builder_alloc(builder, CHILD, 3, 8);
    builder_fault(builder, CHILD, 5, PAGE, TRACE_FAULT_DEAD, 1);
    builder_fault(builder, CHILD, 5, NEXT, 0, 16);
    builder_destroy(builder, CHILD, 4, 8, 100);
    expect(builder, "fault 2 of 16 B at 1 in top > child, made 2, taken 3, cleared 4, stack 5\n"
                    "fault 0 of 16 B at 16 in top > child, made 2, taken 3, ended 0, stack 5\n");
}

Test(faults, a_page_is_of_who_had_it_last)
{
    struct trace_builder *builder = begin();
    builder_guarded(builder, CHILD, 3, 16, PAGE);
    builder_destroy(builder, CHILD, 4, 0, 100);
    builder_guarded(builder, ROOT, 6, 32, PAGE + 64);
    builder_fault(builder, CHILD, 5, PAGE, TRACE_FAULT_DEAD, 1); /* nobody can say */
    builder_fault(builder, ROOT, 5, PAGE + 64, 0, 32);
    expect(builder, "fault 0 of 32 B at 32 in top, made 1, taken 6, ended 0, stack 5\n");
}

Test(faults, memory_of_blocks_is_the_pools)
{
    struct trace_builder *builder = begin();
    builder_fault(builder, CHILD, 5, CHILD, DEAD_WRITE | TRACE_FAULT_SEEN, 88); /* it lives */
    builder_destroy(builder, CHILD, 4, 0, 100);
    builder_fault(builder, CHILD, 5, CHILD, DEAD_WRITE | TRACE_FAULT_SEEN, 88);
    expect(builder, "fault 7 of 0 B at 88 in top > child, made 2, taken 0, ended 4, stack 5\n");
}
