/* naming_test.c - names that pools have in their memory, and that no call gave. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/naming.h"

#include "preload/hooks/usage.h"
#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>

TestSuite(naming, .fini = temp_trace_end);

struct pool {
    uint64_t other, tag;
};

static const struct api_layout layout = {.names = true, .pool_tag = offsetof(struct pool, tag)};
static const struct pool_system apr = {
    .reads_names = true, .layouts = {&layout}, .layout_count = 1};

static uint64_t address(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

/* How many names were written so far, all of POOL. */
static unsigned told(const struct pool *pool)
{
    struct trace_event event;
    unsigned count = 0;
    struct trace *trace = temp_trace_read();
    for (; trace_next(trace, &event); count++)
        cr_expect(event.kind == TRACE_EVENT_NAME && event.pool == address(pool));
    trace_close(trace);
    return count;
}

Test(naming, a_name_that_no_call_gave_is_told_once)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct pool pool = {0}, next = {0};

    naming_made(stream, &apr, address(&pool));
    naming_tell_last(stream);
    cr_expect_eq(told(&pool), 0); /* it has none yet */
    pool.tag = address("first");
    cr_expect(naming_is_last_due(stream) && naming_is_due(&apr, address(&pool)));
    naming_tell_last(stream);
    cr_expect_eq(told(&pool), 1);
    cr_expect(!naming_is_last_due(stream) && !naming_is_due(&apr, address(&pool)));
    naming_tell(stream, &apr, address(&pool));
    cr_expect_eq(told(&pool), 1);

    pool.tag = address("second");
    naming_made(stream, &apr, address(&next));
    naming_tell_last(stream);
    cr_expect_eq(told(&pool), 1);
    naming_tell(stream, &apr, address(&pool)); /* as it ends */
    cr_expect_eq(told(&pool), 2);
}

Test(naming, what_a_call_gave_is_not_told_again)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct pool pool = {.tag = address("given")};

    naming_made(stream, &apr, address(&pool));
    naming_named(stream, address(&pool), pool.tag);
    cr_expect(!naming_is_last_due(stream));
    naming_tell(stream, &apr, address(&pool));
    cr_expect_eq(told(&pool), 0);

    naming_made(stream, &apr, address(&pool)); /* another one in its place */
    cr_expect(naming_is_last_due(stream));
    naming_ended(stream, address(&pool), naming_find(address(&pool)));
    cr_expect(!naming_is_last_due(stream));
}

Test(naming, few_events_look)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct pool pool = {0};
    unsigned looks = 0;

    naming_made(stream, &apr, address(&pool));
    while (stream->unnamed && looks < 1000) {
        cr_expect(!naming_look(stream));
        looks++;
    }
    cr_expect(looks > 2 && looks < 100, "%u", looks);
}

Test(naming, a_system_whose_calls_tell_all_is_not_read)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    const struct pool_system other = {.layouts = {&layout}, .layout_count = 1};
    struct pool pool = {.tag = address("given")};

    naming_made(stream, &other, address(&pool));
    cr_expect(!naming_is_last_due(stream) && !naming_is_due(&other, address(&pool)));
}
