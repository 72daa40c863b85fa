/* events_test.c - what the recorder packs is what the analyzer unpacks. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/event_round_trip.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(events, .fini = temp_trace_end);

Test(events, a_hundred_thousand_of_all_kinds)
{
    const size_t count = 100000;
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct written *all = malloc(count * sizeof(*all));

    srandom(1);
    for (size_t i = 0; i < count; i++)
        choose_event(&all[i]);
    expect_round_trip(stream, all, count);
    cr_expect_gt(stream->events.sequence, 10, "they fit %u blocks", stream->events.sequence);
    free(all);
}

Test(events, a_hundred_thousand_small_ones_on_one_pool)
{
    const size_t count = 100000;
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct written *all = calloc(count, sizeof(*all));

    for (size_t i = 0; i < count; i++)
        all[i].event = (struct trace_event){
            .kind = TRACE_EVENT_ALLOC, .pool = 0x5555deadbee0, .stack = 7, .size = i % 128};
    expect_round_trip(stream, all, count);
    uint64_t bytes = trace_file_header()->claimed;
    cr_expect_lt(bytes, 8 * count, "%lu bytes, more than 8 an event", (unsigned long)bytes);
    free(all);
}

Test(events, numbers_at_their_limits)
{
    static const uint64_t numbers[] = {0,      1,          0x7f,           0x80,      0x3fff,
                                       0x4000, UINT32_MAX, UINT64_MAX - 1, UINT64_MAX};
    const size_t count = sizeof(numbers) / sizeof(numbers[0]);
    struct written all[4 * sizeof(numbers) / sizeof(numbers[0])];

    for (size_t i = 0; i < count; i++) {
        all[4 * i].event = (struct trace_event){
            .kind = TRACE_EVENT_ALLOC, .pool = ADDRESS_MASK, .size = numbers[i]};
        all[4 * i + 1].event = (struct trace_event){.kind = TRACE_EVENT_DESTROY,
                                                    .pool = 1,
                                                    .stack = UINT32_MAX,
                                                    .used = numbers[i],
                                                    .capacity = numbers[count - 1 - i]};
        all[4 * i + 2].event = (struct trace_event){.kind = TRACE_EVENT_CLEAR,
                                                    .pool = ADDRESS_MASK - 1,
                                                    .used = numbers[i],
                                                    .capacity = numbers[i]};
        all[4 * i + 3].event = (struct trace_event){
            .kind = TRACE_EVENT_SURVEY, .pool = 2, .used = numbers[i], .capacity = 0};
    }
    expect_round_trip(temp_trace_begin(TEMP_TRACE_LIMIT), all, 4 * count);
}

Test(events, names_of_every_length)
{
    const size_t count = 2 * TRACE_NAME_MAX;
    struct written *all = calloc(count, sizeof(*all));

    for (size_t i = 0; i < count; i++) {
        all[i].event = (struct trace_event){.kind = TRACE_EVENT_NAME, .pool = 16 + 16 * (i % 3)};
        memset(all[i].name, 'a' + (int)(i % 26), i);
    }
    expect_round_trip(temp_trace_begin(TEMP_TRACE_LIMIT), all, count);
    free(all);
}

/* Such as a database server makes: most of what is taken is given back soon. */
Test(events, objects_take_few_bytes)
{
    const size_t count = 100000;
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct written *all = calloc(count, sizeof(*all));

    for (size_t i = 0; i < count; i++) {
        struct trace_event *event = &all[i].event;
        *event = (struct trace_event){.kind = i % 2 ? TRACE_EVENT_FREE : TRACE_EVENT_OBJECT,
                                      .pool = 0x5555deadbee0 + 0x4000 * (i / 64),
                                      .stack = 300 + i % 100};
        if (i % 2 == 0)
            event->size = 24 + i % 200;
        event->object = 0x5555deae0000 + 64 * (i / 2 % 1000);
    }
    expect_round_trip(stream, all, count);
    uint64_t bytes = trace_file_header()->claimed;
    cr_expect_lt(bytes, 8 * count, "%lu bytes, more than 8 an event", (unsigned long)bytes);
    free(all);
}

/* Names are numbered up to a bound; those beyond it are written out each time. */
Test(events, more_names_than_are_numbered)
{
    const size_t count = 12000;
    struct written *all = calloc(count, sizeof(*all));

    for (size_t i = 0; i < count; i++) {
        all[i].event = (struct trace_event){.kind = TRACE_EVENT_NAME, .pool = 16};
        snprintf(all[i].name, sizeof(all[i].name), "%zu", i % 6000);
    }
    expect_round_trip(temp_trace_begin(TEMP_TRACE_LIMIT), all, count);
    free(all);
}

Test(events, a_name_takes_few_bytes_the_second_time)
{
    static char name[] = "a name that is a good deal longer than a number";
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);

    event_name(stream, 16, 1, name);
    const uint8_t *before = stream->events.cursor;
    for (unsigned i = 0; i < 1000; i++)
        event_name(stream, 16, 1, name);
    cr_expect_lt(stream->events.cursor - before, 4 * 1000);
    name[0] = 'A'; /* at the same place, another one */
    event_name(stream, 16, 1, name);
    struct trace *trace = temp_trace_read();
    struct trace_event event;
    for (unsigned i = 0; i < 1001; i++)
        cr_assert(trace_next(trace, &event) && event.name[0] == 'a');
    cr_assert(trace_next(trace, &event) && event.name[0] == 'A');
    trace_close(trace);
}

/* Two pools with one slot take turns: every event must carry its address. */
Test(events, a_slot_of_the_cache_has_one_pool)
{
    const uint64_t pool = 0x555512345670;
    uint64_t other = pool + 16;
    struct written all[64] = {0};

    while (stream_slot(other) != stream_slot(pool))
        other += 16;
    for (size_t i = 0; i < 64; i++)
        all[i].event =
            (struct trace_event){.kind = i % 8 == 7 ? TRACE_EVENT_CREATE : TRACE_EVENT_ALLOC,
                                 .pool = i % 3 ? pool : other,
                                 .size = i};
    expect_round_trip(temp_trace_begin(TEMP_TRACE_LIMIT), all, 64);
}

Test(events, what_does_not_fit_is_counted)
{
    const unsigned count = 20000;
    struct stream *stream = temp_trace_begin(16 * TRACE_PAGE);
    struct trace_event event;
    uint64_t read = 0;

    for (unsigned i = 0; i < count; i++)
        event_alloc(stream, 0x1000, 1, i);
    struct trace *trace = temp_trace_read();
    for (; trace_next(trace, &event); read++)
        cr_assert_eq(event.size, read);
    cr_expect_gt(read, 1000);
    cr_expect_eq(read + trace_header(trace)->lost[TRACE_LOST_STOPPED], count);
    cr_expect_eq(trace_header(trace)->stop, TRACE_STOP_SIZE_LIMIT);
    cr_expect_leq(trace_header(trace)->claimed, 16 * TRACE_PAGE);
    trace_close(trace);
}
