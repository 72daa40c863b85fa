/* stream_test.c - who is interrupted and who interrupts have streams of their own, however they
 * end. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/events.h"

#include "preload/trace/file.h"
#include "tests/unit/support/stepped.h"
#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

TestSuite(stream, .fini = temp_trace_end);

#define NESTED (STREAM_NESTING + 2)

/* Each call enters from deeper on the stack, as a signal handler would. */
__attribute__((noinline)) static void enter_nested(unsigned depth)
{
    char volatile deeper[64] = {0};
    struct stream *stream = stream_enter();
    if (stream)
        event_mark(stream, depth);
    if (depth < NESTED)
        enter_nested(depth + 1 + (unsigned)deeper[0]);
    if (stream) {
        event_end(stream, (int)depth);
        stream_leave();
    }
}

Test(stream, nested_deeper_than_streams_is_counted)
{
    struct trace_event event;
    unsigned marks = 0, ends = 0;

    temp_trace_begin(TEMP_TRACE_LIMIT);
    stream_leave();
    enter_nested(1);
    cr_expect(!streams_active());
    struct trace *trace = temp_trace_read();
    while (trace_next(trace, &event)) {
        marks += event.kind == TRACE_EVENT_MARK;
        ends += event.kind == TRACE_EVENT_END;
    }
    cr_expect_eq(marks, STREAM_NESTING);
    cr_expect_eq(ends, STREAM_NESTING);
    cr_expect_eq(trace_header(trace)->lost[TRACE_LOST_NESTING], NESTED - STREAM_NESTING);
    trace_close(trace);
}

/* An event takes fewer than 64 bytes. Blocks are of 4 KiB at first, and then longer. */
Test(stream, a_unit_of_work_finds_space_that_was_reached_before_it)
{
    unsigned begun_short = 0, long_blocks = 0;
    temp_trace_begin(TEMP_TRACE_LIMIT);
    struct stream *stream = stream_enter();
    for (unsigned i = 0; i < 50000; i++) {
        event_mark(stream, i);
        stream_reach_ahead(stream);
        const struct stream_block *to = &stream->events;
        long_blocks += to->block->size > 8 * TRACE_PAGE;
        begun_short += to->left > 0 && (size_t)(to->end - to->cursor) < TRACE_PAGE;
    }
    stream_leave();
    cr_expect_gt(long_blocks, 1000);
    cr_expect_eq(begun_short, 0);
}

/* As if a signal handler had left by siglongjmp(): nobody is there to leave the stream. */
__attribute__((noinline)) static bool enter_and_abandon(void)
{
    char volatile deeper[256] = {0};
    return stream_enter() != NULL && deeper[0] == 0;
}

Test(stream, an_abandoned_stream_does_not_count_as_nesting)
{
    temp_trace_begin(TEMP_TRACE_LIMIT);
    stream_leave();
    for (unsigned i = 0; i < 10; i++) {
        cr_assert(enter_and_abandon());
        cr_assert_not_null(stream_enter());
        stream_leave();
    }
    cr_expect_eq(trace_file_header()->lost[TRACE_LOST_NESTING], 0);
}

/* As a handler leaves an event that it interrupted: not committed, but its pool in the cache. */
__attribute__((noinline)) static bool abandon_an_event(uint64_t pool)
{
    char volatile deeper[256] = {0};
    struct stream *stream = stream_enter();
    if (!stream)
        return false;
    stream->pools[stream_slot(pool)] = pool;
    stream->last_tick += 1u << 30;
    return deeper[0] == 0;
}

Test(stream, an_abandoned_event_leaves_nothing_behind)
{
    const uint64_t pool = 0x1000;
    uint64_t other = pool + 16;
    struct trace_event event;

    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    while (stream_slot(other) != stream_slot(pool))
        other += 16;
    event_alloc(stream, pool, 1, 1);
    stream_leave();
    cr_assert(abandon_an_event(other));
    stream = stream_enter();
    event_alloc(stream, other, 1, 2);
    stream_leave();
    struct trace *trace = temp_trace_read();
    cr_assert(trace_next(trace, &event));
    cr_expect_eq(event.pool, pool);
    uint64_t tick = event.tick;
    cr_assert(trace_next(trace, &event));
    cr_expect_eq(event.pool, other);
    cr_expect_geq(event.tick, tick);
    cr_expect_lt(event.tick, tick + (1u << 30));
    cr_expect(!trace_next(trace, &event));
    trace_close(trace);
}

__attribute__((noinline)) static void write_nested(uint64_t *next)
{
    char volatile deeper[256] = {0};
    struct stream *stream = stream_enter();
    event_alloc(stream, 16, 1, (*next)++);
    if (deeper[0] == 0)
        stream_leave();
}

/* However close together: events need no time of their own where there is nothing to tell apart. */
Test(stream, what_interrupts_is_merged_where_it_came)
{
    struct trace_event event;
    uint64_t next = 0;

    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    for (unsigned i = 0; i < 1000; i++) {
        for (unsigned k = 0; k <= i % 4; k++)
            event_alloc(stream, 16, 1, next++);
        for (unsigned k = 0; k <= i % 3; k++)
            write_nested(&next);
    }
    stream_leave();
    struct trace *trace = temp_trace_read();
    for (uint64_t i = 0; i < next; i++)
        cr_assert(trace_next(trace, &event) && event.size == i, "%lu comes where %lu is due",
                  (unsigned long)event.size, (unsigned long)i);
    trace_close(trace);
}

static struct stream *in_handler;
static sigjmp_buf *out_of_handler;

static void enter_in_handler(int number)
{
    in_handler = stream_enter();
    if (out_of_handler)
        siglongjmp(*out_of_handler, number);
    stream_leave();
}

static void handle_on(void *stack, size_t size)
{
    const stack_t own = {.ss_sp = stack, .ss_size = size};
    const struct sigaction action = {.sa_handler = enter_in_handler, .sa_flags = SA_ONSTACK};
    cr_assert_eq(sigaltstack(&own, NULL), 0);
    cr_assert_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

__attribute__((noinline)) static struct stream *enter_and_be_interrupted(void)
{
    struct stream *stream = stream_enter();
    raise(SIGUSR1);
    stream_leave();
    return stream;
}

/* Higher than what is interrupted, and yet nested in it. */
Test(stream, a_handler_on_a_stack_within_the_stack)
{
    char stack[64 << 10];

    temp_trace_begin(TEMP_TRACE_LIMIT);
    stream_leave();
    handle_on(stack, sizeof(stack));
    struct stream *interrupted = enter_and_be_interrupted();
    cr_expect_not_null(in_handler);
    cr_expect_neq(in_handler, interrupted);
    cr_expect(!streams_active());
}

static void *jump_out_of_handlers(void *stack)
{
    static __thread sigjmp_buf back;
    handle_on(stack, 64 << 10);
    out_of_handler = &back;
    for (volatile unsigned i = 0; i < 3 * STREAM_NESTING; i++) {
        if (sigsetjmp(back, 1) == 0)
            enter_and_be_interrupted();
    }
    return stream_enter();
}

/* The one stack lies lower than the thread's, the other higher. */
Test(stream, handlers_that_leave_their_stack_do_not_count_as_nesting)
{
    const size_t size = 64 << 10, whole = 4 * size;
    pthread_attr_t attributes;
    pthread_t thread;
    void *stream;
    char *memory = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    temp_trace_begin(TEMP_TRACE_LIMIT);
    for (size_t at = 0; at <= 3 * size; at += 3 * size) {
        pthread_attr_init(&attributes);
        cr_assert_eq(pthread_attr_setstack(&attributes, memory + size, 2 * size), 0);
        cr_assert_eq(pthread_create(&thread, &attributes, jump_out_of_handlers, memory + at), 0);
        pthread_join(thread, &stream);
        cr_expect_not_null(stream);
        cr_expect_eq(trace_file_header()->lost[TRACE_LOST_NESTING], 0);
    }
}

/* Whoever has left by siglongjmp() is noticed however deep the recorder is when it looks. */
Test(stream, the_next_call_from_the_same_depth_is_not_taken_for_a_handlers)
{
    _Alignas(16) char frame[64];
    temp_trace_begin(TEMP_TRACE_LIMIT);
    stream_leave();
    struct stream *left = stream_enter_fast(frame), *next = stream_enter_at(frame);
    cr_expect_not_null(left);
    cr_expect_eq(left, next);
    cr_expect_eq(next->depth, 0);
    stream_leave();
    cr_expect_not(streams_active());
}

static struct {
    struct stream *entered; /* by what is stepped through, which has returned from stream_enter() */
    unsigned steps, shared;
} stepping;

__attribute__((noinline)) static void enter_from_deeper(unsigned bytes)
{
    volatile char deeper[bytes];
    deeper[0] = 1;
    struct stream *stream = stream_enter();
    stepping.shared += stream == stepping.entered && deeper[0];
    stream_leave();
}

/* Each from another depth than the one before, as handlers of any kind do. */
static void enter_at_step(int number)
{
    (void)number;
    enter_from_deeper(stepping.steps++ % 3 * 512 + 16);
}

static void enter_and_leave(void)
{
    struct stream *stream = stream_enter();
    stepping.entered = stream;
    event_mark(stream, 1);
    stepping.entered = NULL;
    stream_leave();
}

Test(stream, a_handler_after_every_instruction_has_a_stream_of_its_own)
{
    static char stack[64 << 10];
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = enter_at_step};

    temp_trace_begin(TEMP_TRACE_LIMIT);
    stream_leave();
    cr_assert_eq(sigaltstack(&own, NULL), 0);
    for (unsigned i = 0; i < 30; i++) {
        action.sa_flags = i % 2 ? SA_ONSTACK : 0;
        cr_assert_eq(sigaction(SIGTRAP, &action, NULL), 0);
        stepping.steps = i; /* so that each depth comes at each instruction */
        run_stepped(enter_and_leave);
        cr_assert_gt(stepping.steps, i + 100);
        cr_assert_eq(stepping.shared, 0, "of %u steps", stepping.steps - i);
        cr_assert(!streams_active());
    }
    struct trace_event event;
    struct trace *trace = temp_trace_read();
    for (unsigned i = 0; i < 30; i++)
        cr_expect(trace_next(trace, &event) && event.kind == TRACE_EVENT_MARK);
    trace_close(trace);
}

#define MAPPED (4u << 20) /* bytes of the trace, at first */

/* Pages of the trace that are in memory. */
static size_t pages_there(void)
{
    unsigned char there[MAPPED / TRACE_PAGE];
    const size_t claimed = trace_file_header()->claimed;
    size_t pages = 0;
    cr_assert_eq(mincore(trace_file_header(), claimed, there), 0);
    for (size_t i = 0; i < claimed / TRACE_PAGE; i++)
        pages += there[i] & 1;
    return pages;
}

/* However large the blocks are by then, the program never waits for more than a few pages. */
Test(stream, a_block_is_populated_as_it_fills)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    size_t events = 0, most = 0, before = pages_there();
    while (trace_file_header()->claimed < MAPPED / 4) {
        event_mark(stream, 1);
        events++;
        const size_t now = pages_there();
        most = now - before > most ? now - before : most;
        before = now;
    }
    cr_expect_leq(most, 2, "%zu pages", most);
    stream_leave();
    struct trace *trace = temp_trace_read();
    struct trace_event event;
    while (trace_next(trace, &event))
        events--;
    cr_expect_eq(events, 0);
    trace_close(trace);
}
