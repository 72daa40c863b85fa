/* samples_test.c - when allocations were used last: told once for each that outlived its unit. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>
#include <string.h>

TestSuite(samples, .init = observed_set_up, .fini = observed_tear_down);

#define PAGE UINT64_C(0x90000)
#define NEXT (PAGE + 0x10000)

/* CHILD lives on; GRAND is of the unit of work. */
static struct trace_builder *begin(void)
{
    struct trace_builder *builder = new_trace(1, 1);
    builder_create(builder, ROOT, 0, 1);
    builder_create(builder, CHILD, ROOT, 2);
    builder_create(builder, GRAND, CHILD, 3);
    builder_name(builder, GRAND, 3, "work");
    builder_guarded(builder, CHILD, 4, 20, PAGE + 4072);
    return builder;
}

static void end_hand(struct trace_builder *builder)
{
    builder_destroy(builder, GRAND, 4, 0, 100);
    builder_watched(builder, GRAND, PAGE + 4072);
}

static void expect_in(struct trace_builder *builder, const char *samples, uint64_t unknown)
{
    char told[4096] = "";
    write_trace(builder);
    struct recording *recording = replay_all();
    for (const char *line = observed; *line; line = strchr(line, '\n') + 1) {
        if (strncmp(line, "1: sampled", strlen("1: sampled")) == 0)
            strncat(told, line + 3, (size_t)(strchr(line, '\n') + 1 - line - 3));
    }
    cr_expect_str_eq(told, samples);
    cr_expect_eq(recording_stats(recording)->unknown_objects, unknown);
    recording_close(recording);
}

static void expect(struct trace_builder *builder, const char *samples)
{
    builder_end(builder, 0);
    expect_in(builder, samples, 0);
}

Test(samples, what_is_not_used_any_more_could_have_been_in_the_pool_at_hand)
{
    struct trace_builder *builder = begin();
    end_hand(builder);
    builder_watched(builder, CHILD, PAGE + 4072);
    expect(builder, "sampled 4: 0 uses, work made 3\n");
}

Test(samples, what_is_used_behind_its_end_could_not)
{
    struct trace_builder *builder = begin();
    end_hand(builder);
    builder_used(builder, CHILD, PAGE + 4072, 0);
    builder_watched(builder, CHILD, PAGE + 4072);
    expect(builder, "sampled 4: 0 uses, none made 0\n");
}

Test(samples, what_is_used_in_later_units_is_counted)
{
    struct trace_builder *builder = begin();
    end_hand(builder);
    builder_watched(builder, CHILD, PAGE + 4072);
    builder_used(builder, CHILD, PAGE + 4072, 0);
    builder_used(builder, CHILD, PAGE + 4072, 0);
    builder_destroy(builder, CHILD, 5, 0, 100);
    expect(builder, "sampled 4: 2 uses, work made 3\n");
}

Test(samples, what_is_used_at_the_very_end_is_told_so)
{
    struct trace_builder *builder = begin();
    builder_watched(builder, CHILD, PAGE + 4072);
    builder_destroy(builder, CHILD, 5, 0, 100);
    builder_used(builder, CHILD, PAGE + 4072, 0);
    expect(builder, "sampled 4: 1 uses at its end, none made 0\n");
}

Test(samples, what_may_have_been_used_before_is_not)
{
    struct trace_builder *builder = begin();
    builder_watched(builder, CHILD, PAGE + 4072);
    builder_used(builder, CHILD, PAGE + 4072, TRACE_USED_EARLIER);
    expect(builder, "sampled 4: 1 uses, none made 0\n");
}

Test(samples, what_ends_in_its_unit_is_none_and_a_page_taken_again_is_another)
{
    struct trace_builder *builder = begin();
    builder_guarded(builder, CHILD, 5, 20, NEXT);
    builder_watched(builder, CHILD, NEXT);
    builder_clear(builder, CHILD, 6, 0, 100);
    builder_guarded(builder, CHILD, 7, 20, NEXT);
    expect(builder, "sampled 5: 0 uses, none made 0\n");
}

Test(samples, of_what_is_not_known_nothing_is_told)
{
    struct trace_builder *builder = begin();
    builder_watched(builder, CHILD, NEXT);
    builder_used(builder, CHILD, PAGE, 0);
    builder_watched(builder, 0x7777, PAGE + 4072);
    builder_end(builder, 0);
    expect_in(builder, "", 2);
}
