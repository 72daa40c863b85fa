/* moments_test.c - the time of a process that begins no unit of work, in moments. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/replay_observed.h"

#include <criterion/criterion.h>

TestSuite(moments, .init = observed_set_up, .fini = observed_tear_down);

#define PIECES 4
#define EVENTS 600u                /* in each piece, */
#define PACE   2000u               /* ns from one to the next */
#define WAITS  UINT64_C(100000000) /* ns from one piece to the next */

static const char api_text[] = "[api]\n"
                               "name = test\n"
                               "detect = make_pool\n"
                               "[functions]\n"
                               "make_pool = create pool=ret parent=a0\n";

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    *(struct process *)data = *process;
}

/* A process that works as evenly as any, and waits in between: for its clients, or for others that
 * the machine runs meanwhile. */
static struct process work_in_pieces(void)
{
    struct process seen = {0};
    const struct replay_observer observer = {.data = &seen, .on_end = on_end};
    struct trace_builder *builder = new_trace_of(1, 1, api_text);
    struct error error = {""};
    for (uint64_t piece = 0; piece < PIECES; piece++) {
        for (uint64_t i = 0; i < EVENTS; i++) {
            builder_at(builder, 1000 + piece * WAITS + i * PACE);
            builder_create(builder, ROOT + (piece * EVENTS + i) * 64, 0, 1);
        }
        builder_end_block(builder);
    }
    write_trace(builder);
    struct recording *recording = recording_open(observed_dir, &error);
    cr_assert(recording && recording_replay(recording, &observer, 1, &error), "%s", error.text);
    recording_close(recording);
    return seen;
}

Test(moments, of_work_in_a_few_pieces_there_are_as_many_as_it_takes)
{
    const struct process process = work_in_pieces();
    const struct moment_events *events = &process.moment_events;
    cr_expect_eq(process.events, PIECES * EVENTS);
    cr_expect(process.moments > 100 && process.moments < 1000, "%u", process.moments);
    unsigned steps = 0;
    for (unsigned i = 0; i < MOMENT_BUCKETS; i++)
        steps += events->before[i] > 0;
    cr_expect(steps >= MOMENT_BUCKETS / 2, "%u", steps);
}

Test(moments, it_is_known_when_they_were)
{
    const struct process process = work_in_pieces();
    const struct moment_events *events = &process.moment_events;
    unsigned in_third[3] = {0};
    for (unsigned i = 0; i < MOMENT_BUCKETS; i++) {
        if (events->before[i])
            in_third[(uint64_t)events->time[i] * 3 / (events->now + 1)]++;
        cr_expect(i == 0 || !events->before[i] || events->time[i] > events->time[i - 1], "%u", i);
    }
    cr_expect(in_third[0] && in_third[1] && in_third[2]);
    cr_expect(events->life_ns > (PIECES - 1) * WAITS);
}
