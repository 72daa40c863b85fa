/* trace_reader_test.c - every event is read exactly, in the order of time, up to the damage. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/read_trace.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

TestSuite(trace_reader, .init = trace_set_up, .fini = trace_tear_down);

Test(trace_reader, reads_every_kind_of_event)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_at(builder, 5000);
    builder_create(builder, POOL, PARENT, 3);
    builder_alloc(builder, POOL, 4, 1000000);
    builder_name(builder, POOL, 5, "Event Pool");
    builder_mark(builder, 2);
    builder_root(builder, 1, POOL);
    builder_fork_event(builder, 7);
    builder_survey(builder, POOL, 0, 512);
    builder_clear(builder, POOL, 6, 24, UINT64_MAX);
    builder_at(builder, 900000);
    builder_destroy(builder, POOL, UINT32_MAX, UINT64_MAX, UINT64_MAX);
    builder_end(builder, 255);
    struct trace *trace = open_built(builder);
    for (int round = 0; round < 2; round++) {
        EXPECT(trace, "5000 create 7f0000001010 in 7f0000002020 stack 3",
               "5001 alloc 7f0000001010 stack 4 size 1000000",
               "5002 name 7f0000001010 stack 5 'Event Pool'", "5003 kind 8 number 2",
               "5004 root 1 is 7f0000001010", "5005 kind 10 number 7",
               "5006 survey 7f0000001010 used 0 of 512",
               "5007 clear 7f0000001010 stack 6 used 24 of -1",
               "900000 destroy 7f0000001010 stack 4294967295 used -1 of -1",
               "900001 kind 11 number 255");
        trace_rewind(trace);
    }
    cr_assert_null(trace_damage(trace));
    trace_close(trace);
}

Test(trace_reader, reads_labels)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_tag(builder, 7, "OPTS");
    builder_at(builder, 5000);
    builder_mark(builder, 0);
    builder_label(builder, 7);
    builder_alloc(builder, POOL, 4, 8);
    builder_label(builder, 8);
    struct trace *trace = open_built(builder);
    EXPECT(trace, "5000 kind 8 number 0", "5001 label 'OPTS'",
           "5002 alloc 7f0000001010 stack 4 size 8");
    cr_assert(strstr(trace_damage(trace), "out of range"), "%s", trace_damage(trace));
    trace_close(trace);
}

#define SLOT(kind, slot) ((kind) | (slot) << 4)

Test(trace_reader, events_mean_the_pool_in_their_slot_and_the_latest_time)
{
    static const unsigned char events[] = {
        SLOT(TRACE_EVENT_POOL, 5),
        0xa0,
        0xc0,
        0x80,
        0x80,
        0x80,
        0xc0,
        0x3f, /* signed */
        SLOT(TRACE_EVENT_POOL, 6),
        0xa0,
        0x40, /* 0x1010 more */
        SLOT(TRACE_EVENT_CREATE, 5),
        0,
        2, /* parent stack: 1, signed */
        SLOT(TRACE_EVENT_CREATE, 6),
        5 + 1,
        0, /* as the one before */
        SLOT(TRACE_EVENT_TIME, 3),
        2, /* 3 + 2 * 16 ticks */
        SLOT(TRACE_EVENT_ALLOC, 5),
        2,
        3, /* stack size */
        SLOT(TRACE_EVENT_NAME_TEXT, 6),
        0,
        1,
        'x',
        SLOT(TRACE_EVENT_TIME, 1),
        0,
        SLOT(TRACE_EVENT_DESTROY, 5),
        1, /* one less */
        4,
        0,
    };
    struct trace_builder *builder = builder_new(1, 1);
    builder_bytes(builder, events, sizeof(events));
    struct trace *trace = open_built(builder);
    EXPECT(trace, "1000 create 7f0000001010 in 0 stack 1",
           "1000 create 7f0000002020 in 7f0000001010 stack 1",
           "1035 alloc 7f0000001010 stack 2 size 3", "1035 name 7f0000002020 stack 2 'x'",
           "1036 destroy 7f0000001010 stack 1 used 3 of -1");
    cr_assert_null(trace_damage(trace));
    trace_close(trace);
}

Test(trace_reader, names_by_their_id)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_tag(builder, 7, "Event Pool");
    builder_tag(builder, 300, "");
    builder_name_id(builder, POOL, 1, 7);
    builder_name_id(builder, PARENT, 1, 300);
    struct trace *trace = open_built(builder);
    EXPECT(trace, "1000 name 7f0000001010 stack 1 'Event Pool'",
           "1001 name 7f0000002020 stack 1 ''");
    cr_assert_null(trace_damage(trace));
    trace_close(trace);
}

/* Writes a mark, then BYTES, which are no event. */
static void expect_no_event(const void *bytes, size_t length)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_tag(builder, 7, "Event Pool");
    builder_create(builder, POOL, 0, 1); /* in slot 1 */
    builder_bytes(builder, bytes, length);
    struct trace *trace = open_built(builder);
    EXPECT(trace, "1000 create 7f0000001010 in 0 stack 1");
    cr_assert(trace_damage(trace));
    trace_close(trace);
}

#define NO_EVENT(...)                                                                              \
    expect_no_event((const unsigned char[]){__VA_ARGS__},                                          \
                    sizeof((const unsigned char[]){__VA_ARGS__}))

Test(trace_reader, what_refers_to_nothing_is_damage)
{
    NO_EVENT(SLOT(TRACE_EVENT_ALLOC, 2), 1, 1);
    NO_EVENT(SLOT(TRACE_EVENT_CREATE, 1), 2 + 1, 1);
    NO_EVENT(SLOT(TRACE_EVENT_CREATE, 1), TRACE_PARENT_FAR + 1, 1);
    NO_EVENT(SLOT(TRACE_EVENT_NAME, 1), 1, 6);
    NO_EVENT(SLOT(TRACE_EVENT_NAME, 1), 1, 0xff, 0xff, 0x7f);
    NO_EVENT(SLOT(TRACE_EVENT_TIME, 1), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f,
             TRACE_EVENT_MARK, 1);
    NO_EVENT(SLOT(TRACE_EVENT_ALLOC, 1), 1);
    NO_EVENT(SLOT(TRACE_EVENT_ALLOC, 1), 3, 8);                            /* two less than 1 */
    NO_EVENT(SLOT(TRACE_EVENT_ALLOC, 1), 0xfe, 0xff, 0xff, 0xff, 0x1f, 8); /* 1 + UINT32_MAX */
    NO_EVENT(SLOT(TRACE_EVENT_ALLOC, 1), 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
             1);
    NO_EVENT(SLOT(TRACE_EVENT_OBJECT, 1), 1, 2);
    NO_EVENT(SLOT(TRACE_EVENT_OBJECT, 2), 1, 2, 3);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1));
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_FREE - 16, 1);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_MOVE - 16, 2 + 1, 1);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_RESET - 16, 1, 1);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_RELOCATE - 16, 1);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_ORPHAN - 16);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_ADOPT - 16, 0, TRACE_SYSTEMS_MAX, 1);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_ADOPT - 16, 0, 0);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_FOUND - 16, TRACE_FOUND_UNITS, 1);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_FOUND - 16, TRACE_FOUND_POOLS);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_LARGE - 16);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_RELEASE - 16, 1);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_WITH - 16);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), TRACE_EVENT_WITH + 1 - 16, 1);
    NO_EVENT(SLOT(TRACE_EVENT_MORE, 1), 10, 1, 1, 1);
    NO_EVENT(SLOT(TRACE_EVENT_POOL, 1), 0x80);
}

Test(trace_reader, the_cache_is_empty_at_the_start_of_a_block)
{
    const unsigned char plain[] = {SLOT(TRACE_EVENT_ALLOC, 1), 2, 3};
    struct trace_builder *builder = builder_new(1, 1);
    builder_create(builder, POOL, 0, 1);
    builder_end_block(builder);
    builder_bytes(builder, plain, sizeof(plain));
    struct trace *trace = open_built(builder);
    EXPECT(trace, "1000 create 7f0000001010 in 0 stack 1");
    cr_assert(strstr(trace_damage(trace), "not named before"), "%s", trace_damage(trace));
    trace_close(trace);
}

Test(trace_reader, merges_streams_by_time)
{
    struct trace_builder *builder = builder_new(1, 1);
    for (unsigned i = 0; i < 9; i++) {
        builder_stream(builder, i * 7 % 3);
        builder_mark(builder, i);
        if (i == 4)
            builder_hole(builder);
        if (i % 4 == 3)
            builder_end_block(builder);
    }
    struct trace *trace = open_built(builder);
    struct trace_event event;
    for (unsigned i = 0; i < 9; i++) {
        cr_assert(trace_next(trace, &event));
        cr_assert_eq(event.number, i, "event %u is %" PRIu64, i, event.number);
        cr_assert_eq(event.tick, 1000 + i);
    }
    cr_assert_not(trace_next(trace, &event));
    cr_assert_null(trace_damage(trace));
    trace_close(trace);
}

Test(trace_reader, damage_ends_all_streams_where_the_damaged_one_ends)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_mark(builder, 0);
    builder_stream(builder, 1);
    builder_mark(builder, 1);
    builder_bytes(builder, "\x0d\x7f", 2);
    builder_stream(builder, 0);
    builder_at(builder, 5000);
    builder_mark(builder, 2);
    struct trace *trace = open_built(builder);
    EXPECT(trace, "1000 kind 8 number 0", "1001 kind 8 number 1");
    cr_assert(strstr(trace_damage(trace), "unknown kind"), "%s", trace_damage(trace));
    trace_close(trace);
}

Test(trace_reader, a_missing_block_is_damage_and_what_came_before_is_whole)
{
    struct trace_builder *builder = builder_new(1, 1);
    for (unsigned i = 0; i < 3; i++) {
        builder_mark(builder, i);
        builder_end_block(builder);
    }
    size_t size;
    unsigned char *image = (unsigned char *)builder_image(builder, &size);
    memset(image + 3 * TRACE_PAGE, 0, TRACE_PAGE); /* the second block of events */
    write_trace_file(trace_file, image, size);
    builder_free(builder);
    struct error error;
    struct trace *trace = trace_open(trace_file, &error);
    EXPECT(trace, "1000 kind 8 number 0");
    cr_assert(strstr(trace_damage(trace), "block 1 of stream 0 is missing"), "%s",
              trace_damage(trace));
    trace_close(trace);
}

Test(trace_reader, ticks_become_time)
{
    struct trace_header header = {.wall_ns = 1000000000, .start_tick = 500};
    header.sync_ticks[0] = 100;
    header.sync_ticks[1] = 1100;
    header.sync_ns[0] = 7000;
    header.sync_ns[1] = 7000 + 4000; /* 4 ns a tick */
    cr_assert_eq(trace_wall_ns(&header, 500), 1000000000);
    cr_assert_eq(trace_wall_ns(&header, 750), 1000001000);
    cr_assert_eq(trace_wall_ns(&header, 250), 999999000);
    header.sync_ticks[1] = header.sync_ticks[0];
    cr_assert_eq(trace_wall_ns(&header, 750), 1000000000, "no clock, no guess");
}

/* Seconds that STREAMS streams take which have EVENTS events, one each in turn. */
static double read_turns(uint64_t streams, uint64_t events)
{
    struct trace_builder *builder = builder_new(1, 1);
    for (uint64_t stream = 0; stream < streams; stream++) {
        builder_stream(builder, (uint32_t)stream);
        for (uint64_t i = stream; i < events; i += streams) {
            builder_at(builder, 5000 + i);
            builder_alloc(builder, POOL, 0, i);
        }
    }
    struct trace *trace = open_built(builder);
    struct trace_event event;
    const clock_t start = clock();
    uint64_t read = 0;
    for (; trace_next(trace, &event); read++)
        cr_assert_eq(event.size, read);
    cr_expect_eq(read, events);
    trace_close(trace);
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

Test(trace_reader, thousands_of_streams_in_turn_are_read_as_fast)
{
    enum { EVENTS = 100000 };
    const double few = read_turns(2, EVENTS);
    cr_expect_lt(read_turns(2000, EVENTS), 20 * few + 0.05);
}
