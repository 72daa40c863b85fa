/* footprint_test.c - what a process has in memory, by notes of it and of its pools. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/footprint.h"

#include <criterion/criterion.h>

#define KB UINT64_C(1024)
#define MB (1024 * KB)

static struct trace_header header = {.start_tick = 1000};

static struct footprint of_notes(const struct trace_resident *notes, size_t count, uint64_t work,
                                 bool ended)
{
    const struct resident_notes list = {(struct trace_resident *)notes, count, count};
    const struct process process = {
        .pid = 7, .header = &header, .residents = &list, .tick = 1000000000, .ended = ended};
    const struct footprint_base base = {.works = work != 0, .tick = work, .held = 2 * MB};
    return footprint_of(&process, &base, 22 * MB, false);
}

#define OF(work, ended, ...)                                                                       \
    of_notes((const struct trace_resident[]){__VA_ARGS__},                                         \
             sizeof((const struct trace_resident[]){__VA_ARGS__}) / sizeof(struct trace_resident), \
             work, ended)

static void expect(struct footprint footprint, uint64_t first, uint64_t peak)
{
    cr_expect_eq(footprint.state, FOOTPRINT_KNOWN);
    cr_expect_eq(footprint.first, first);
    cr_expect_eq(footprint.peak, peak);
}

Test(footprint, is_from_its_first_unit_of_work_on)
{
    struct footprint footprint = OF(500000, true, {1000, 4 * MB, 4 * MB, 0}, {500000, 8 * MB, 0, 0},
                                    {900000, 40 * MB, 0, 0});
    expect(footprint, 8 * MB, 40 * MB);
    cr_expect_eq(footprint.pools, 20 * MB);
    cr_expect_not(footprint_is_elsewhere(&footprint));
}

Test(footprint, or_from_its_start)
{
    expect(OF(0, true, {1000, 4 * MB, 3 * MB, 0}, {900000, 40 * MB, 0, 0}), 3 * MB, 40 * MB);
}

Test(footprint, without_the_trace)
{
    expect(OF(0, true, {1000, 4 * MB, 0, MB}, {900000, 40 * MB, 0, 30 * MB}), 3 * MB, 10 * MB);
    expect(OF(0, true, {1000, 4 * MB, 0, 5 * MB}, {900000, 40 * MB, 0, 30 * MB}), 0, 10 * MB);
}

Test(footprint, pools_explain_no_more_than_it_grew)
{
    struct footprint footprint = OF(0, true, {1000, 4 * MB, 0, 0}, {900000, 5 * MB, 0, 0});
    cr_expect_eq(footprint_explained(&footprint), MB);
}

Test(footprint, the_rest_is_elsewhere_where_it_is_much)
{
    struct footprint footprint = OF(0, true, {1000, 4 * MB, 0, 0}, {900000, 54 * MB, 0, 0});
    cr_expect(footprint_is_elsewhere(&footprint));
    footprint = OF(0, true, {1000, 4 * MB, 0, 0}, {900000, 40 * MB, 0, 0});
    cr_expect_not(footprint_is_elsewhere(&footprint));
    footprint.pools = 0;
    footprint.peak = 7 * MB;
    cr_expect_not(footprint_is_elsewhere(&footprint));
}

Test(footprint, is_not_known_without_notes)
{
    cr_expect_eq(of_notes(NULL, 0, 0, true).state, FOOTPRINT_NOT_NOTED);
    cr_expect_eq(OF(0, false, {1000, 4 * MB, 0, 0}).state, FOOTPRINT_NOT_NOTED, "killed");
    cr_expect_eq(OF(0, true, {1000, 4 * MB, 0, 0}).state, FOOTPRINT_KNOWN);
}

Test(footprint, of_a_program_that_was_another_one)
{
    cr_expect_eq(OF(0, true, {1000, 90 * MB, 4 * MB, 0}, {900000, 90 * MB, 0, 0}).state,
                 FOOTPRINT_BEFORE);
    expect(OF(500000, true, {1000, 90 * MB, 4 * MB, 0}, {500000, 90 * MB, 0, 0},
              {900000, 95 * MB, 0, 0}),
           4 * MB, 95 * MB);
}

Test(footprint, of_one_that_ran_before_it_was_recorded)
{
    header.attached_tick = 1000;
    cr_expect_eq(OF(0, true, {1000, 90 * MB, 0, 0}, {900000, 90 * MB, 0, 0}).state,
                 FOOTPRINT_BEFORE);
    expect(OF(0, true, {1000, 90 * MB, 0, 0}, {900000, 95 * MB, 0, 0}), 90 * MB, 95 * MB);
}

Test(footprint, of_one_that_still_runs)
{
    struct trace_resident note = {1000, 4 * MB, 3 * MB, MB};
    const struct resident_notes list = {&note, 1, 1};
    const struct footprint_base base = {0};
    struct process process = {.pid = 7, .header = &header, .present = 9 * MB};
    cr_expect_eq(footprint_of(&process, &base, 0, false).now, 9 * MB);
    process.residents = &list;
    cr_expect_eq(footprint_of(&process, &base, 0, false).now, 8 * MB);
    process.present = 0;
    cr_expect_eq(footprint_of(&process, &base, 0, false).now, 0);
}

Test(footprint, the_one_that_grew_most_is_kept)
{
    struct footprint most = {0}, one = {.pid = 1, .state = FOOTPRINT_NOT_NOTED};
    struct footprint two = {.pid = 2, .state = FOOTPRINT_KNOWN, .first = 90 * MB, .peak = 91 * MB};
    struct footprint three = {.pid = 3, .state = FOOTPRINT_KNOWN, .first = MB, .peak = 9 * MB};
    footprint_keep_larger(&most, &one);
    cr_expect_eq(most.pid, 1);
    footprint_keep_larger(&most, &three);
    footprint_keep_larger(&most, &two);
    cr_expect_eq(most.pid, 3);
}
