/* Tests of analyzer/replay/time_span.c: which events belong to a part of a process's time. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/time_span.h"

#include <criterion/criterion.h>

#define EVENTS 10

static const struct trace_header header = {
    .wall_ns = 1000000, .start_tick = 5000, .sync_ticks = {5000, 6000}, .sync_ns = {0, 2000}};

static struct trace_event events[EVENTS]; /* one each tenth tick, from the first on */

static void make_events(void)
{
    for (unsigned i = 0; i < EVENTS; i++)
        events[i] = (struct trace_event){.tick = 5000 + 10 * i};
}

/* Where the cut of all events is: from *FIRST up to the number returned. */
static long cut(struct time_span *span, long *first, bool *begins)
{
    const struct trace_event *next = events, *end = events + EVENTS;
    *begins = time_span_cut(span, &next, &end);
    *first = next - events;
    return end - events;
}

Test(time_span, moments_are_found_by_the_process_clock)
{
    struct time_span span = time_span_of(&header, 1000000 + 50, 1000000 + 150);
    cr_assert_eq(span.since, 5025);
    cr_assert_eq(span.until, 5075);
    cr_assert_not(span.begun);
}

Test(time_span, without_limits_all_is_taken)
{
    struct time_span span = time_span_of(&header, 0, UINT64_MAX);
    long first;
    bool begins;
    make_events();
    cr_assert(span.begun);
    cr_assert_eq(cut(&span, &first, &begins), EVENTS);
    cr_assert_eq(first, 0);
    cr_assert_not(begins);
    cr_assert_not(span.over);
}

Test(time_span, what_comes_before_it_is_first_and_the_rest_waits)
{
    struct time_span span = time_span_of(&header, 1000000 + 50, UINT64_MAX);
    long first;
    bool begins;
    make_events();
    cr_assert_eq(cut(&span, &first, &begins), 3, "ticks 5000, 5010 and 5020");
    cr_assert_not(begins);
    cr_assert_eq(span.rest, events + 3);
    cr_assert_eq(span.limit, events + EVENTS);
    const struct trace_event *next = span.rest, *end = span.limit;
    cr_assert(time_span_cut(&span, &next, &end));
    cr_assert(span.begun);
    cr_assert_eq(next, events + 3);
    cr_assert_eq(end, events + EVENTS);
}

Test(time_span, what_comes_after_it_is_not_read)
{
    struct time_span span = time_span_of(&header, 0, 1000000 + 80);
    long first;
    bool begins;
    make_events();
    cr_assert_eq(cut(&span, &first, &begins), 5, "up to tick 5040, which is in it");
    cr_assert(span.over);
}

Test(time_span, a_process_that_had_ended_never_begins)
{
    struct time_span span = time_span_of(&header, 1000000 + 5000, UINT64_MAX);
    long first;
    bool begins;
    make_events();
    cr_assert_eq(cut(&span, &first, &begins), EVENTS);
    cr_assert_not(begins);
    cr_assert_not(span.begun);
    cr_assert_null(span.rest);
}

Test(time_span, a_clock_that_stands_has_no_later_moment)
{
    const struct trace_header broken = {.wall_ns = 1000000, .start_tick = 5000};
    struct time_span span = time_span_of(&broken, 1000001, UINT64_MAX);
    cr_assert_gt(span.since, UINT64_C(1) << 60);
    cr_assert_not(span.begun);
}
