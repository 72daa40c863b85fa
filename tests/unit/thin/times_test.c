/* times_test.c - what is left of the times of events that are thinned. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/times.h"
#include "analyzer/trace/coarse_time.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { STEPS = 1 << 20 };

static char *dir, file[256];
static struct trace *trace;
static struct thin_times times;
static const struct api_set no_apis;

static void set_up(void)
{
    size_t size;
    struct error error;
    dir = temporary_directory();
    snprintf(file, sizeof(file), "%s/1.trace", dir);
    struct trace_builder *builder = builder_new(7, 1);
    const unsigned char *image = builder_image(builder, &size);
    write_trace_file(file, image, size);
    builder_free(builder);
    trace = trace_open(file, &error);
    cr_assert(trace, "%s", error.text);
    thin_times_begin(&times, trace, &no_apis);
}

static void tear_down(void)
{
    thin_times_free(&times);
    trace_close(trace);
    remove_directory(dir);
}

TestSuite(times, .init = set_up, .fini = tear_down);

/* So much later than the process began. */
static uint64_t at(uint64_t age)
{
    return trace_header(trace)->start_tick + age;
}

static uint64_t next(enum trace_event_kind kind, uint32_t thread, uint64_t tick)
{
    const struct trace_event event = {.kind = kind, .thread = thread & 0xffffff, .tick = tick};
    return thin_times_next(&times, &event, false);
}

Test(times, are_exact_before_there_is_work)
{
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(STEPS + 1)), at(STEPS + 1));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(STEPS + 2)), at(STEPS + 2));
}

Test(times, of_one_thread_are_steps)
{
    times.coarse = true;
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(STEPS + 1)), at(STEPS));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(STEPS + 100)), at(STEPS));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(2 * STEPS + 1)), at(2 * STEPS));
}

Test(times, are_in_the_order_of_all_threads)
{
    times.coarse = true;
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(STEPS + 1)), at(STEPS));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 2, at(STEPS + 2)), at(STEPS + 1));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 2, at(STEPS + 3)), at(STEPS + 1));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(STEPS + 3)), at(STEPS + 1));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 2, at(STEPS + 4)), at(STEPS + 2));
}

Test(times, of_walks_forks_and_ends_are_exact)
{
    times.coarse = true;
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(STEPS + 1)), at(STEPS));
    cr_assert_eq(next(TRACE_EVENT_WALK, 1, at(STEPS + 7)), at(STEPS + 7));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 1, at(STEPS + 9)), at(STEPS + 8));
    cr_assert_eq(next(TRACE_EVENT_FORK, 1, at(STEPS + 20)), at(STEPS + 20));
    cr_assert_eq(next(TRACE_EVENT_END, 1, at(STEPS + 21)), at(STEPS + 21));
}

Test(times, what_stays_as_it_is_keeps_its_time)
{
    const struct trace_event event = {
        .kind = TRACE_EVENT_ALLOC, .thread = 1, .tick = at(STEPS + 5)};
    times.coarse = true;
    cr_assert_eq(thin_times_next(&times, &event, true), at(STEPS + 5));
    cr_assert_eq(next(TRACE_EVENT_ALLOC, 2, at(STEPS + 6)), at(STEPS + 6));
}

Test(times, thinned_again_are_the_same)
{
    times.coarse = true;
    uint64_t once[3], read[] = {at(STEPS + 1), at(3 * STEPS + 1), at(3 * STEPS + 9)};
    for (unsigned i = 0; i < 3; i++)
        once[i] = next(TRACE_EVENT_ALLOC, i + 1, read[i]);
    times.seen = times.given = 0;
    times.thread = 0;
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(next(TRACE_EVENT_ALLOC, i + 1, once[i]), once[i]);
}

Test(times, who_judges_sees_what_is_left)
{
    times.coarse = true;
    for (uint64_t age = 1; age < 40 * (uint64_t)STEPS; age += age / 3 + 1) {
        const uint64_t given = next(TRACE_EVENT_ALLOC, 1 + age % 2, at(age));
        cr_assert_leq(given, at(age));
        cr_assert_eq(coarse_tick(trace_header(trace), given),
                     coarse_tick(trace_header(trace), at(age)));
    }
}
