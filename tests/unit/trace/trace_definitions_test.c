/* trace_definitions_test.c - what a trace defines: backtraces, modules, hooks. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/read_trace.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

TestSuite(trace_definitions, .init = trace_set_up, .fini = trace_tear_down);

Test(trace_definitions, reads_definitions)
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
    cr_assert(trace_api_text(trace, 0, &length) && length == 6);
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

Test(trace_definitions, what_it_runs_on)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_record(builder, TRACE_RECORD_HOST, "host\0web1", 9);
    builder_record(builder, TRACE_RECORD_HOST, "later\0x", 7);
    builder_record(builder, TRACE_RECORD_HOST, "labels\0a=1,b=2", 14);
    struct trace *trace = open_built(builder);
    cr_assert_null(trace_damage(trace));
    cr_assert_str_eq(trace_host(trace, HOST_NAME), "web1");
    cr_assert_str_eq(trace_host(trace, HOST_LABELS), "a=1,b=2");
    cr_assert_null(trace_host(trace, HOST_BOOT));
    trace_close(trace);
}

Test(trace_definitions, what_it_runs_on_without_a_key_is_damage)
{
    char large[TRACE_HOST_MAX + 1] = "host";
    struct trace_builder *builder = builder_new(1, 1);
    builder_record(builder, TRACE_RECORD_HOST, "host", 4);
    struct trace *trace = open_built(builder);
    cr_assert(trace_damage(trace));
    trace_close(trace);
    builder = builder_new(2, 1);
    memset(large + 5, 'x', sizeof large - 5);
    builder_record(builder, TRACE_RECORD_HOST, large, sizeof large);
    trace = open_built(builder);
    cr_assert(trace_damage(trace));
    trace_close(trace);
}

static struct trace *open_with_resident(const struct trace_resident *note, size_t length)
{
    const struct trace_resident late = {.tick = 9000, .peak = 3};
    struct trace_builder *builder = builder_new(1, 1);
    builder_record(builder, TRACE_RECORD_RESIDENT, &late, sizeof(late));
    builder_record(builder, TRACE_RECORD_RESIDENT, note, length);
    return open_built(builder);
}

Test(trace_definitions, notes_of_memory_are_in_the_order_of_time)
{
    const struct trace_resident note = {.tick = 5000, .peak = 1, .own = 2};
    struct trace *trace = open_with_resident(&note, sizeof(note));
    cr_assert_null(trace_damage(trace));
    cr_assert_eq(trace_residents(trace)->count, 2);
    cr_expect_eq(trace_residents(trace)->items[0].own, 2);
    cr_expect_eq(trace_residents(trace)->items[1].tick, 9000);
    trace_close(trace);
}

Test(trace_definitions, refuses_notes_of_memory_that_are_none)
{
    const struct trace_resident larger = {.peak = UINT64_MAX};
    struct trace *trace = open_with_resident(&larger, sizeof(larger));
    cr_expect_not_null(trace_damage(trace));
    trace_close(trace);
    trace = open_with_resident(&larger, sizeof(larger) - 1);
    cr_expect_not_null(trace_damage(trace));
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

Test(trace_definitions, a_backtrace_shares_its_outermost_frames)
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

Test(trace_definitions, refuses_backtraces_that_are_none)
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
