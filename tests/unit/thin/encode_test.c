/* encode_test.c - events as thinning packs them are read as they were. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/writer.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { POOL = 0x10000, OTHER = 0x20010 };

static char *dir, from[256], to[256];
static struct trace *trace;
static struct thin_writer *writer;

static void set_up(void)
{
    size_t size;
    struct error error;
    dir = temporary_directory();
    snprintf(from, sizeof(from), "%s/1.trace", dir);
    snprintf(to, sizeof(to), "%s/2.trace", dir);
    struct trace_builder *builder = builder_new(7, 1);
    builder_create(builder, POOL, 0, 0);
    const unsigned char *image = builder_image(builder, &size);
    write_trace_file(from, image, size);
    builder_free(builder);
    trace = trace_open(from, &error);
    cr_assert(trace, "%s", error.text);
}

static void tear_down(void)
{
    trace_close(trace);
    remove_directory(dir);
}

TestSuite(encode, .init = set_up, .fini = tear_down);

static void write_events(const struct trace_event *events, size_t count)
{
    const int fd = open(to, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    writer = thin_writer_new(fd, trace);
    for (size_t i = 0; i < count; i++)
        thin_writer_put(writer, &events[i]);
    cr_assert(thin_writer_end(writer, trace_header(trace)));
    close(fd);
}

static struct trace *read_written(void)
{
    struct error error;
    struct trace *written = trace_open(to, &error);
    cr_assert(written, "%s", error.text);
    return written;
}

static struct trace_event event(enum trace_event_kind kind, uint64_t tick, uint32_t stack)
{
    return (struct trace_event){
        .kind = kind, .thread = 1, .tick = tick, .stack = stack, .pool = POOL};
}

Test(encode, of_each_kind_all_that_it_has)
{
    struct trace_event events[] = {
        event(TRACE_EVENT_CREATE, 1000, 3),    event(TRACE_EVENT_NAME, 1000, 4),
        event(TRACE_EVENT_ALLOC, 1010, 2),     event(TRACE_EVENT_OBJECT, 5010, 9),
        event(TRACE_EVENT_FREE, 5010, 9),      event(TRACE_EVENT_SURVIVOR, 5011, 8),
        event(TRACE_EVENT_GONE, 5011, 7),      event(TRACE_EVENT_YOUNG, 5012, 6),
        event(TRACE_EVENT_AGAIN, 5012, 0),     event(TRACE_EVENT_FAULT, 5012, 5),
        event(TRACE_EVENT_DANGLING, 5013, 1),  event(TRACE_EVENT_CLEAR, 1u << 30, 2),
        event(TRACE_EVENT_ROOT, 1u << 30, 0),  event(TRACE_EVENT_MARK, 1u << 30, 0),
        event(TRACE_EVENT_UNITS, 1u << 30, 77)};
    const size_t count = sizeof(events) / sizeof(*events);
    events[0].parent = OTHER, events[0].system = 2;
    events[1].name = "a name", events[1].name_length = 6, events[1].name_id = TRACE_NO_NAME;
    events[2].size = 300;
    events[3].size = 5, events[3].object = 0x7f0000001234;
    events[4].object = 0x7f0000000034;
    events[5].adopted_below = POOL, events[5].adopted_system = 1;
    events[5].made = 77, events[5].ago = 123456;
    events[6].gone_destroyed = 99, events[6].gone_how = TRACE_GONE_OVER;
    events[7].young_destroyed = 11, events[7].young_count = 12, events[7].young_allocations = 13;
    events[7].young_bytes = 1400, events[7].largest = 150, events[7].young_how = TRACE_YOUNG_WITH;
    events[8].number = 5, events[8].again = 6, events[8].again_ago = 7;
    events[9].object = POOL + 64, events[9].fault = TRACE_FAULT_WRITE, events[9].fault_offset = -8;
    events[10].holder = OTHER + 8, events[10].holder_pool = OTHER, events[10].offset = 40;
    events[11].used = UINT64_MAX, events[11].capacity = 512;
    events[12].number = 3;
    events[13].number = 1;
    events[14].number = 2, events[14].last_label = 3;
    write_events(events, count);
    struct trace *written = read_written();
    for (size_t i = 0; i < count; i++) {
        struct trace_event got = {.tick = 0};
        const struct trace_event *put = &events[i];
        cr_assert(trace_next(written, &got), "event %zu: %s", i, trace_damage(written));
        cr_expect_eq(got.kind, put->kind);
        cr_expect_eq(got.tick, put->tick);
        cr_expect_eq(got.thread, 1);
        if (put->stack)
            cr_expect_eq(got.stack, put->stack);
        if (put->kind == TRACE_EVENT_NAME)
            cr_expect_eq(memcmp(got.name, put->name, put->name_length), 0);
        else if (put->kind != TRACE_EVENT_ADOPT && put->kind != TRACE_EVENT_CREATE)
            cr_expect_eq(got.size, put->size, "event %zu", i);
        if (put->kind != TRACE_EVENT_NAME && put->kind != TRACE_EVENT_ALLOC &&
            put->kind != TRACE_EVENT_MARK)
            cr_expect_eq(got.capacity, put->capacity, "event %zu", i);
    }
    cr_expect_eq(trace_event_bytes(written) > 0, true);
    cr_expect_null(trace_damage(written));
    trace_close(written);
}

Test(encode, in_blocks_that_follow_each_other)
{
    enum { MANY = 50000 };
    static struct trace_event events[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        events[i] = event(TRACE_EVENT_ALLOC, 1000 + 40 * i, 1 + i % 900);
        events[i].pool = POOL + UINT64_C(16) * (i % 5000 + 1);
        events[i].size = i;
    }
    write_events(events, MANY);
    struct trace *written = read_written();
    for (unsigned i = 0; i < MANY; i++) {
        struct trace_event got;
        cr_assert(trace_next(written, &got), "%s", trace_damage(written));
        cr_assert(got.pool == events[i].pool && got.stack == events[i].stack &&
                  got.size == events[i].size && got.tick == events[i].tick);
    }
    trace_close(written);
}
