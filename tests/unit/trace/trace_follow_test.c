/* trace_follow_test.c - a trace that is read while it is written, as it is read in one go after. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/trace.h"
#include "analyzer/util/memory.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOL UINT64_C(0x7f0000001010)

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

TestSuite(trace_follow, .init = set_up, .fini = tear_down);

static struct trace *open_written(struct trace_builder *builder, bool growing)
{
    struct error error = {""};
    builder_write(builder, dir);
    struct trace *trace = growing ? trace_open_growing(path, &error) : trace_open(path, &error);
    cr_assert(trace, "%s", error.text);
    return trace;
}

/* What there is to read of TRACE, appended to TEXT. */
static void read_all(struct trace *trace, FILE *text)
{
    struct trace_event event;
    while (trace_next(trace, &event)) {
        fprintf(text, "%llu %d %llx", (unsigned long long)event.tick, (int)event.kind,
                (unsigned long long)event.pool);
        if (event.kind == TRACE_EVENT_ALLOC)
            fprintf(text, " %u %llu", event.stack, (unsigned long long)event.size);
        if (event.kind == TRACE_EVENT_NAME)
            fprintf(text, " %.*s", (int)event.name_length, event.name);
        fputc('\n', text);
    }
}

static void expect_read(struct trace *trace, const char *expected)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    read_all(trace, out);
    fclose(out);
    cr_expect_str_eq(text, expected);
    free(text);
}

static void follow(struct trace *trace, struct trace_builder *builder, uint64_t until)
{
    builder_write(builder, dir);
    cr_assert(trace_follow(trace, until), "%s", trace_damage(trace));
}

Test(trace_follow, goes_on_in_its_block_and_in_the_next)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_at(builder, 5000);
    builder_create(builder, POOL, 0, 0);
    struct trace *trace = open_written(builder, true);
    expect_read(trace, "5000 2 7f0000001010\n");
    builder_alloc(builder, POOL, 7, 16);
    follow(trace, builder, UINT64_MAX);
    expect_read(trace, "5001 1 7f0000001010 7 16\n");
    builder_end_block(builder);
    builder_name(builder, POOL, 7, "a tag in the event");
    follow(trace, builder, UINT64_MAX);
    expect_read(trace, "5002 5 7f0000001010 a tag in the event\n");
    follow(trace, builder, UINT64_MAX);
    expect_read(trace, "");
    trace_close(trace);
    builder_free(builder);
}

Test(trace_follow, what_is_too_young_waits)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_at(builder, 5000);
    builder_create(builder, POOL, 0, 0);
    builder_name(builder, POOL, 7, "young");
    struct trace *trace = open_written(builder, true);
    follow(trace, builder, 5000);
    expect_read(trace, "5000 2 7f0000001010\n");
    builder_stream(builder, 1);
    builder_alloc(builder, POOL, 7, 16);
    builder_stream(builder, 0);
    for (unsigned i = 0; i < 100; i++)
        builder_name(builder, POOL, 7, "more than the block had");
    follow(trace, builder, 5001);
    expect_read(trace, "5001 5 7f0000001010 young\n");
    follow(trace, builder, 5002);
    expect_read(trace, "5002 1 7f0000001010 7 16\n");
    trace_close(trace);
    builder_free(builder);
}

static unsigned below(unsigned *seed, unsigned limit)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % limit;
}

static void write_something(struct trace_builder *builder, unsigned *seed, uint32_t *stack)
{
    const uint64_t frames[] = {0x1000 + *stack, 0x2000, 0x3000};
    const uint64_t pool = POOL + 0x1000 * below(seed, 40);
    builder_stream(builder, below(seed, 3));
    switch (below(seed, 6)) {
    case 0:
        builder_stack(builder, ++*stack, 3, frames);
        builder_create(builder, pool, 0, *stack);
        break;
    case 1:
        builder_name(builder, pool, 1, "tag");
        break;
    case 2:
        if (below(seed, 12) == 0)
            builder_end_block(builder);
        break;
    default:
        builder_alloc(builder, pool, 1 + below(seed, *stack), below(seed, 5000));
    }
}

Test(trace_follow, is_what_is_read_in_one_go)
{
    for (unsigned round = 0; round < 12; round++) {
        char *followed, *whole;
        size_t size;
        FILE *text = open_memstream(&followed, &size);
        unsigned seed = round;
        uint32_t stack = 1;
        struct trace_builder *builder = builder_new(1, 1);
        struct trace *trace = open_written(builder, true);
        for (unsigned i = 0; i < 40; i++) {
            for (unsigned count = below(&seed, 12); count > 0; count--)
                write_something(builder, &seed, &stack);
            follow(trace, builder, 1000 + (uint64_t)below(&seed, 12) * i);
            read_all(trace, text);
        }
        follow(trace, builder, UINT64_MAX);
        read_all(trace, text);
        fclose(text);
        struct trace *again = open_written(builder, false);
        text = open_memstream(&whole, &size);
        read_all(again, text);
        fclose(text);
        cr_expect_str_eq(followed, whole, "round %u", round);
        cr_assert_eq(trace_stack_count(trace), trace_stack_count(again));
        for (size_t i = 0; i < trace_stack_count(trace); i++) {
            const struct stack_definition *a = trace_stack(trace, i), *b = trace_stack(again, i);
            cr_assert(a->id == b->id && a->depth == b->depth &&
                      memcmp(a->frames, b->frames, a->depth * sizeof(*a->frames)) == 0);
        }
        trace_close(trace);
        trace_close(again);
        builder_free(builder);
        free(followed);
        free(whole);
    }
}

Test(trace_follow, another_trace_in_its_place_is_none_to_follow)
{
    struct trace_builder *builder = builder_new(1, 1), *other = builder_new(2, 1);
    builder_create(builder, POOL, 0, 0);
    struct trace *trace = open_written(builder, true);
    builder_create(other, POOL, 0, 0);
    builder_write(other, dir);
    cr_expect_not(trace_follow(trace, UINT64_MAX));
    remove(path);
    cr_expect_not(trace_follow(trace, UINT64_MAX));
    trace_close(trace);
    builder_free(builder);
    builder_free(other);
}

Test(trace_follow, damage_ends_it)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_create(builder, POOL, 0, 0);
    struct trace *trace = open_written(builder, true);
    builder_bytes(builder, "\xff\xff\xff", 3);
    follow(trace, builder, UINT64_MAX);
    expect_read(trace, "1000 2 7f0000001010\n");
    cr_expect(trace_damage(trace));
    cr_expect_not(trace_follow(trace, UINT64_MAX));
    trace_close(trace);
    builder_free(builder);
}
