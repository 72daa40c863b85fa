/* trace_damage_test.c - what is no trace is refused, what is damaged told apart, nothing crashes.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/util/memory.h"
#include "tests/unit/support/read_trace.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(trace_damage, .init = trace_set_up, .fini = trace_tear_down);

static void expect_refused(const char *words, enum trace_state state)
{
    struct error error = {""};
    struct trace_header header;
    cr_assert_null(trace_open(trace_file, &error));
    cr_assert(strstr(error.text, words) && strstr(error.text, trace_file), "%s", error.text);
    cr_assert_eq(trace_read_header(trace_file, &header, &error), state);
}

Test(trace_damage, refuses_what_is_no_trace_and_says_why)
{
    expect_refused("No such file", TRACE_UNREADABLE);
    write_trace_file(trace_file, "", 0);
    expect_refused("before its recording began", TRACE_NOT_BEGUN);
    static unsigned char bytes[5 * TRACE_PAGE];
    write_trace_file(trace_file, bytes, sizeof(bytes));
    expect_refused("before its recording began", TRACE_NOT_BEGUN);
    bytes[4 * TRACE_PAGE] = 1; /* a session wiped all before it */
    write_trace_file(trace_file, bytes, sizeof(bytes));
    expect_refused("no lifeguard trace", TRACE_UNREADABLE);
    write_trace_file(trace_file, "GIF89a..", 8);
    expect_refused("offset 0", TRACE_UNREADABLE);
    write_trace_file(trace_file, TRACE_MAGIC, 8);
    expect_refused("cut off within its header", TRACE_UNREADABLE);
    unlink(trace_file);
    cr_assert_eq(mkfifo(trace_file, 0600), 0);
    expect_refused("no regular file", TRACE_UNREADABLE);
    unlink(trace_file);
    cr_assert_eq(symlink("/etc/passwd", trace_file), 0);
    expect_refused("symbolic link", TRACE_UNREADABLE);
}

Test(trace_damage, refuses_another_version)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_header(builder)->version = TRACE_VERSION + 1;
    builder_write(builder, trace_directory);
    builder_free(builder);
    expect_refused("written by another version", TRACE_UNREADABLE);
}

Test(trace_damage, reads_the_version_before)
{
    struct error error;
    struct trace_builder *builder = builder_new(1, 1);
    builder_header(builder)->version = TRACE_OLDEST;
    builder_write(builder, trace_directory);
    builder_free(builder);
    struct trace *trace = trace_open(trace_file, &error);
    cr_assert(trace);
    trace_close(trace);
}

Test(trace_damage, reads_a_sparse_file_far_longer_than_what_is_claimed)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_mark(builder, 1);
    builder_write(builder, trace_directory);
    builder_free(builder);
    cr_assert_eq(truncate(trace_file, (off_t)1 << 40), 0);
    struct error error;
    struct trace *trace = trace_open(trace_file, &error);
    EXPECT(trace, "1000 kind 8 number 1");
    cr_assert_null(trace_damage(trace));
    trace_close(trace);
}

Test(trace_damage, a_hole_as_long_as_the_file_may_be_is_skipped_at_once, .timeout = 10)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_header(builder)->claimed = UINT64_C(1) << 43;
    builder_mark(builder, 1);
    builder_write(builder, trace_directory);
    builder_free(builder);
    cr_assert_eq(truncate(trace_file, (off_t)1 << 43), 0);
    struct error error;
    struct trace *trace = trace_open(trace_file, &error);
    EXPECT(trace, "1000 kind 8 number 1");
    trace_close(trace);
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
    struct trace *trace = trace_open(trace_file, &error);
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

Test(trace_damage, every_truncation_is_an_error_or_damage, .timeout = 120)
{
    struct trace_builder *builder = rich_trace();
    size_t size;
    const unsigned char *image = builder_image(builder, &size);
    write_trace_file(trace_file, image, size);
    int whole = read_all();
    cr_assert_eq(whole, 11);
    for (size_t length = 0; length < size; length++) {

        cr_assert_eq(truncate(trace_file, (off_t)(size - 1 - length)), 0);
        int events = read_all();
        cr_assert(events <= whole);
        if (events < 0)
            continue;
        struct error error;
        struct trace *trace = trace_open(trace_file, &error);
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

Test(trace_damage, ten_thousand_corruptions_never_crash, .timeout = 300)
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
        write_trace_file(trace_file, bad, size);
        read_all();
    }
    free(bad);
    builder_free(builder);
}
