/* role_table_test.c - the median of many lives, of which not every length is kept. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/role_table.h"
#include "analyzer/replay/recording.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>

#define ROOT UINT64_C(0x10000)
#define POOL UINT64_C(0x20000)

static const char api[] = "[api]\nname = test\n[functions]\nmake = create pool=ret\n"
                          "end = destroy pool=a0\n[roots]\nroot\n"
                          "[marks]\nrestart = again\n[roles]\nlasting = tag=\"lasting\"\n";

static char *dir;
static struct trace_builder *trace;
static struct role_table table;

static void set_up(void)
{
    dir = temporary_directory();
    trace = builder_new(1, 10);
    builder_api(trace, api);
    builder_create(trace, ROOT, 0, 0);
    builder_root(trace, 0, ROOT);
}

static void tear_down(void)
{
    role_table_free(&table);
    remove_directory(dir);
}

TestSuite(role_table, .init = set_up, .fini = tear_down);

static void lives(unsigned restarts)
{
    builder_create(trace, POOL, ROOT, 0);
    builder_name(trace, POOL, 0, "lasting");
    for (unsigned i = 0; i < restarts; i++)
        builder_mark(trace, 0);
    builder_destroy(trace, POOL, 0, UINT64_MAX, UINT64_MAX);
}

static uint32_t median(bool *exact)
{
    struct error error = {""};
    builder_write(trace, dir);
    builder_free(trace);
    struct recording *recording = recording_open(dir, &error);
    cr_assert(recording && role_table_fill(&table, recording, &error), "%s", error.text);
    const struct lifetime_lengths *lengths = &table.rows[0][PROCESS_MASTER].lengths;
    uint32_t length = lifetime_lengths_median(lengths, exact);
    cr_expect(length >= lengths->shortest && length <= lengths->longest, "%u of %u to %u", length,
              lengths->shortest, lengths->longest);
    recording_close(recording);
    return length;
}

Test(role_table, lives_of_one_length_are_exact)
{
    bool exact;
    lives(1000);
    lives(1000);
    cr_expect_eq(median(&exact), 1000);
    cr_expect(exact);
}

Test(role_table, short_lives_are_exact)
{
    bool exact;
    lives(7);
    lives(63);
    lives(1000);
    cr_expect_eq(median(&exact), 63);
    cr_expect(exact);
}

Test(role_table, a_median_that_is_estimated_is_not_less_than_the_least)
{
    bool exact;
    lives(1000);
    lives(1010);
    lives(1020);
    cr_expect_eq(median(&exact), 1010, "the middle");
    cr_expect_not(exact);
}
