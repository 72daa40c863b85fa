/* trace_reader_test.c - what is whole is read exactly, what is not is told apart, nothing crashes.
 */
#include "memory.h"
#include "trace_builder.h"
#include "trace_reader.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define POOL   UINT64_C(0x7f0000001010)
#define PARENT UINT64_C(0x7f0000002020)

static char *dir;
static char path[4096];

static void set_up(void)
{
    dir = temporary_directory();
    snprintf(path, sizeof(path), "%s/1.trace", dir);
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(trace_reader, .init = set_up, .fini = tear_down);

static struct trace *open_built(struct trace_builder *builder)
{
    struct error error = {""};
    builder_write(builder, dir);
    builder_free(builder);
    struct trace *trace = trace_open(path, &error);
    cr_assert(trace, "%s", error.text);
    return trace;
}

/* One event as text, so that a test shows what it expects. */
static const char *describe(const struct trace_event *event)
{
    static char text[256];
    unsigned long long tick = event->tick, pool = event->pool, number = event->number;
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
        snprintf(text, sizeof(text), "%llu alloc %llx stack %u size %llu", tick, pool, event->stack,
                 (unsigned long long)event->size);
        break;
    case TRACE_EVENT_CREATE:
        snprintf(text, sizeof(text), "%llu create %llx in %llx stack %u", tick, pool,
                 (unsigned long long)event->parent, event->stack);
        break;
    case TRACE_EVENT_DESTROY:
    case TRACE_EVENT_CLEAR:
        snprintf(text, sizeof(text), "%llu %s %llx stack %u used %lld of %lld", tick,
                 event->kind == TRACE_EVENT_CLEAR ? "clear" : "destroy", pool, event->stack,
                 (long long)event->used, (long long)event->capacity);
        break;
    case TRACE_EVENT_SURVEY:
        snprintf(text, sizeof(text), "%llu survey %llx used %lld of %lld", tick, pool,
                 (long long)event->used, (long long)event->capacity);
        break;
    case TRACE_EVENT_NAME:
        snprintf(text, sizeof(text), "%llu name %llx stack %u '%.*s'", tick, pool, event->stack,
                 (int)event->name_length, event->name);
        break;
    case TRACE_EVENT_ROOT:
        snprintf(text, sizeof(text), "%llu root %llu is %llx", tick, number, pool);
        break;
    default:
        snprintf(text, sizeof(text), "%llu kind %d number %llu", tick, (int)event->kind, number);
    }
    return text;
}

static void expect(struct trace *trace, const char *const *lines)
{
    struct trace_event event;
    for (; *lines; lines++) {
        cr_assert(trace_next(trace, &event), "the trace ends before: %s", *lines);
        cr_assert_str_eq(describe(&event), *lines);
    }
    cr_assert_not(trace_next(trace, &event), "one event more: %s", describe(&event));
}

#define EXPECT(trace, ...) expect(trace, (const char *const[]){__VA_ARGS__, NULL})

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
        1, /* parent stack */
        SLOT(TRACE_EVENT_CREATE, 6),
        5 + 1,
        1,
        SLOT(TRACE_EVENT_TIME, 3),
        2, /* 3 + 2 * 16 ticks */
        SLOT(TRACE_EVENT_ALLOC, 5),
        2,
        3, /* stack size */
        SLOT(TRACE_EVENT_NAME_TEXT, 6),
        2,
        1,
        'x',
        SLOT(TRACE_EVENT_TIME, 1),
        0,
        SLOT(TRACE_EVENT_DESTROY, 5),
        2,
        4,
        0,
    };
    struct trace_builder *builder = builder_new(1, 1);
    builder_bytes(builder, events, sizeof(events));
    struct trace *trace = open_built(builder);
    EXPECT(trace, "1000 create 7f0000001010 in 0 stack 1",
           "1000 create 7f0000002020 in 7f0000001010 stack 1",
           "1035 alloc 7f0000001010 stack 2 size 3", "1035 name 7f0000002020 stack 2 'x'",
           "1036 destroy 7f0000001010 stack 2 used 3 of -1");
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
    builder_bytes(builder, "\x0d", 1);
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
    write_trace_file(path, image, size);
    builder_free(builder);
    struct error error;
    struct trace *trace = trace_open(path, &error);
    EXPECT(trace, "1000 kind 8 number 0");
    cr_assert(strstr(trace_damage(trace), "block 1 of stream 0 is missing"), "%s",
              trace_damage(trace));
    trace_close(trace);
}

Test(trace_reader, reads_definitions)
{
    const uint64_t frames[] = {0x1000, 0x2000, 0x3000};
    struct trace_builder *builder = builder_new(1, 1);
    builder_program(builder, "/usr/sbin/proftpd");
    builder_api(builder, "[api]\n");
    builder_stack(builder, 9, 2, frames + 1);
    builder_stack(builder, 4, 3, frames);
    builder_record(builder, 200, "unknown", 7);
    builder_module(builder, 0x1000, 0x2000, 0x800, 4, "/lib/one.so");
    builder_module(builder, 0x1000, 0x3000, 0x800, 8, "/lib/two.so");
    builder_unload(builder, 0x1000, 6);
    builder_hook(builder, TRACE_RECORD_HOOK, "palloc", "proftpd", "symbol");
    builder_hook(builder, TRACE_RECORD_SKIPPED, "pfree", "proftpd", "no such function");
    struct trace *trace = open_built(builder);
    cr_assert_null(trace_damage(trace));
    size_t length;
    cr_assert_str_eq(trace_program(trace), "/usr/sbin/proftpd");
    cr_assert(trace_api_text(trace, &length) && length == 6);
    cr_assert_eq(trace_stack_count(trace), 2);
    cr_assert_eq(trace_stack(trace, 0)->id, 4);
    cr_assert_arr_eq(trace_stack(trace, 0)->frames, frames, sizeof(frames));
    cr_assert_eq(trace_stack(trace, 1)->depth, 2);
    cr_assert_eq(trace_module_count(trace), 2);
    cr_assert_eq(trace_module(trace, 0)->gone, 6);
    cr_assert_eq(trace_module(trace, 1)->gone, UINT32_MAX);
    cr_assert_eq(trace_hook_count(trace), 2);
    cr_assert_str_eq(trace_hook(trace, 0)->how, "symbol");
    cr_assert(trace_hook(trace, 1)->skipped);
    trace_close(trace);
}

static struct trace *open_with_stack(const unsigned char *second, size_t length)
{
    static const unsigned char first[] = {1 << 2, 0, 8, 2, 2}; /* id 1: 4, 5, 6 */
    struct trace_builder *builder = builder_new(1, 1);
    builder_record(builder, TRACE_RECORD_STACK, first, sizeof(first));
    builder_record(builder, TRACE_RECORD_STACK, second, length);
    return open_built(builder);
}

#define WITH_STACK(...)                                                                            \
    open_with_stack((const unsigned char[]){__VA_ARGS__},                                          \
                    sizeof((const unsigned char[]){__VA_ARGS__}))

static void expect_frames(struct trace *trace, const char *frames)
{
    char text[128] = "";
    cr_assert_null(trace_damage(trace), "%s", trace_damage(trace));
    cr_assert_eq(trace_stack_count(trace), 2);
    const struct stack_definition *stack = trace_stack(trace, 1);
    for (unsigned i = 0; i < stack->depth; i++)
        sprintf(text + strlen(text), "%" PRIu64 " ", stack->frames[i]);
    cr_expect_str_eq(text, frames);
    trace_close(trace);
}

Test(trace_reader, a_backtrace_shares_its_outermost_frames)
{
    expect_frames(WITH_STACK(1 << 2, 1, 3, 1), "5 6 5 4 ");
    expect_frames(WITH_STACK(1 << 2, 1, 2), "5 4 ");
    expect_frames(WITH_STACK(1 << 2 | 1, 1, 2, 4, 2), "8 7 5 4 ");
    expect_frames(WITH_STACK(1 << 2, 1, 0, 4), "2 ");
}

static void expect_no_stack(struct trace *trace)
{
    const char *damage = trace_damage(trace);
    cr_expect(damage && strstr(damage, "offset 4167: a definition of type 1"), "%s", damage);
    cr_expect_eq(trace_stack_count(trace), 1);
    trace_close(trace);
}

Test(trace_reader, refuses_backtraces_that_are_none)
{
    expect_no_stack(WITH_STACK(1 << 2, 2, 1));    /* shares with what came before all */
    expect_no_stack(WITH_STACK(1 << 2, 1, 4));    /* more frames than that one has */
    expect_no_stack(WITH_STACK(1 << 2, 1));       /* how many is missing */
    expect_no_stack(WITH_STACK(1 << 1, 0, 2));    /* id 0 */
    expect_no_stack(WITH_STACK(3 << 1, 0, 2));    /* below 0 */
    expect_no_stack(WITH_STACK(1 << 2));          /* nothing but the id */
    expect_no_stack(WITH_STACK(1 << 2, 0, 0x80)); /* half a number */
    expect_no_stack(WITH_STACK(0xfc, 0xff, 0xff, 0xff, 0x7f, 0)); /* an id above 32 bits */
    unsigned char deep[2 + TRACE_DEPTH_MAX + 1] = {1 << 2};
    expect_no_stack(open_with_stack(deep, sizeof(deep)));
    struct trace *trace = open_with_stack(deep, sizeof(deep) - 1);
    cr_expect_null(trace_damage(trace));
    trace_close(trace);
}

static void expect_refused(const char *words, enum trace_state state)
{
    struct error error = {""};
    struct trace_header header;
    cr_assert_null(trace_open(path, &error));
    cr_assert(strstr(error.text, words) && strstr(error.text, path), "%s", error.text);
    cr_assert_eq(trace_read_header(path, &header, &error), state);
}

Test(trace_reader, refuses_what_is_no_trace_and_says_why)
{
    expect_refused("No such file", TRACE_UNREADABLE);
    write_trace_file(path, "", 0);
    expect_refused("before its recording began", TRACE_NOT_BEGUN);
    static const unsigned char zeros[2 * TRACE_PAGE];
    write_trace_file(path, zeros, sizeof(zeros));
    expect_refused("before its recording began", TRACE_NOT_BEGUN);
    write_trace_file(path, "GIF89a..", 8);
    expect_refused("offset 0", TRACE_UNREADABLE);
    write_trace_file(path, TRACE_MAGIC, 8);
    expect_refused("cut off within its header", TRACE_UNREADABLE);
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_refused("no regular file", TRACE_UNREADABLE);
    unlink(path);
    cr_assert_eq(symlink("/etc/passwd", path), 0);
    expect_refused("symbolic link", TRACE_UNREADABLE);
}

Test(trace_reader, refuses_another_version)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_header(builder)->version = TRACE_VERSION + 1;
    builder_write(builder, dir);
    builder_free(builder);
    expect_refused("written by another version", TRACE_UNREADABLE);
}

Test(trace_reader, reads_a_sparse_file_far_longer_than_what_is_claimed)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_mark(builder, 1);
    builder_write(builder, dir);
    builder_free(builder);
    cr_assert_eq(truncate(path, (off_t)1 << 40), 0);
    struct error error;
    struct trace *trace = trace_open(path, &error);
    EXPECT(trace, "1000 kind 8 number 1");
    cr_assert_null(trace_damage(trace));
    trace_close(trace);
}

Test(trace_reader, a_hole_as_long_as_the_file_may_be_is_skipped_at_once, .timeout = 10)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_header(builder)->claimed = UINT64_C(1) << 43;
    builder_mark(builder, 1);
    builder_write(builder, dir);
    builder_free(builder);
    cr_assert_eq(truncate(path, (off_t)1 << 43), 0);
    struct error error;
    struct trace *trace = trace_open(path, &error);
    EXPECT(trace, "1000 kind 8 number 1");
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

/* A trace with everything in it: two streams, two blocks, a hole, all kinds. */
static struct trace_builder *rich_trace(void)
{
    const uint64_t frames[] = {0x1000, 0x2000};
    struct trace_builder *builder = builder_new(1, 1);
    builder_program(builder, "/bin/x");
    builder_api(builder, "[api]\nname = x\n");
    builder_module(builder, 0x1000, 0x2000, 0, 1, "/bin/x");
    builder_unload(builder, 0x1000, 2);
    builder_hook(builder, TRACE_RECORD_HOOK, "palloc", "x", "symbol");
    builder_stack(builder, 1, 2, frames);
    builder_tag(builder, 1, "Event Pool");
    builder_create(builder, POOL, 0, 1);
    builder_name(builder, POOL, 1, "permanent_pool");
    builder_name_id(builder, POOL, 1, 1);
    builder_root(builder, 0, POOL);
    builder_end_block(builder);
    builder_hole(builder);
    builder_alloc(builder, POOL, 1, 300);
    builder_stream(builder, 1);
    builder_mark(builder, 1);
    builder_fork_event(builder, 1);
    builder_stream(builder, 0);
    builder_clear(builder, POOL, 1, 300, 512);
    builder_survey(builder, POOL, 0, 512);
    builder_destroy(builder, POOL, 1, 0, 512);
    builder_end(builder, 0);
    return builder;
}

/* Reads all there is to read. Returns the events, or -1 when it is refused. */
static int read_all(void)
{
    struct error error = {""};
    struct trace *trace = trace_open(path, &error);
    if (!trace) {
        cr_assert_neq(error.text[0], '\0', "refused without a word");
        return -1;
    }
    uint64_t sum = 0, last = 0;
    for (size_t i = 0; i < trace_stack_count(trace); i++)
        for (unsigned k = 0; k < trace_stack(trace, i)->depth; k++)
            sum += trace_stack(trace, i)->frames[k];
    for (size_t i = 0; i < trace_module_count(trace); i++)
        sum += strnlen(trace_module(trace, i)->path, trace_module(trace, i)->fixed.path_length);
    for (size_t i = 0; i < trace_hook_count(trace); i++)
        sum += strlen(trace_hook(trace, i)->how);
    struct trace_event event;
    int events = 0;
    for (; trace_next(trace, &event); events++) {
        cr_assert(event.tick >= last, "time runs backwards");
        last = event.tick;
        sum += strlen(describe(&event));
    }
    cr_assert(sum > 0 || events == 0);
    trace_close(trace);
    return events;
}

Test(trace_reader, every_truncation_is_an_error_or_damage, .timeout = 120)
{
    struct trace_builder *builder = rich_trace();
    size_t size;
    const unsigned char *image = builder_image(builder, &size);
    write_trace_file(path, image, size);
    int whole = read_all();
    cr_assert_eq(whole, 11);
    for (size_t length = 0; length < size; length++) {

        cr_assert_eq(truncate(path, (off_t)(size - 1 - length)), 0);
        int events = read_all();
        cr_assert(events <= whole);
        if (events < 0)
            continue;
        struct error error;
        struct trace *trace = trace_open(path, &error);
        cr_assert(trace_damage(trace), "cut to %zu and nothing is said", size - 1 - length);
        trace_close(trace);
    }
    builder_free(builder);
}

/* A generator of its own, so that every run tries the same. */
static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(*state >> 33);
}

Test(trace_reader, ten_thousand_corruptions_never_crash, .timeout = 300)
{
    struct trace_builder *builder = rich_trace();
    size_t size;
    const unsigned char *image = builder_image(builder, &size);
    unsigned char *bad = xmalloc(size);
    uint64_t state = 42;
    for (int round = 0; round < 10000; round++) {
        memcpy(bad, image, size);
        for (unsigned i = next_random(&state) % 8 + 1; i > 0; i--) {
            /* Most of a page is padding: aim at what is used. */
            size_t page = next_random(&state) % (size / TRACE_PAGE) * TRACE_PAGE;
            size_t used = page == 0 ? sizeof(struct trace_header) : 400;
            static const unsigned char nasty[] = {0, 1, 0x7f, 0x80, 0xff};
            uint32_t pick = next_random(&state);
            bad[page + next_random(&state) % used] =
                pick % 2 ? nasty[pick / 2 % sizeof(nasty)] : (unsigned char)(pick >> 8);
        }
        write_trace_file(path, bad, size);
        read_all();
    }
    free(bad);
    builder_free(builder);
}
