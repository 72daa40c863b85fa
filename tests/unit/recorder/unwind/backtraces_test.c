/* backtraces_test.c - a backtrace has one number, and the trace tells which it is. */
/* SPDX-License-Identifier: MIT */
#include "preload/unwind/backtraces.h"

#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

TestSuite(backtraces, .fini = temp_trace_end);

#define DISTINCT 100000u

/* Number NUMBER of as many different backtraces as one likes; most differ in one frame. */
static struct backtrace make(unsigned number)
{
    struct backtrace backtrace = {.depth = 1 + number % TRACE_DEPTH_MAX};
    for (unsigned i = 0; i < backtrace.depth; i++)
        backtrace.frames[i] = 0x7f0000000000 + 16 * i;
    backtrace.frames[number % backtrace.depth] += (uint64_t)number << 8;
    return backtrace;
}

static uint32_t intern(struct stream *stream, unsigned number)
{
    const struct backtrace backtrace = make(number);
    return backtraces_intern(stream, &backtrace);
}

static bool is_number(const struct stack_definition *stack, unsigned number)
{
    const struct backtrace backtrace = make(number);
    return stack->depth == backtrace.depth && stack->cut == backtrace.cut &&
           memcmp(stack->frames, backtrace.frames, backtrace.depth * sizeof(uint64_t)) == 0;
}

Test(backtraces, the_same_has_the_same_id)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);

    cr_expect_eq(backtraces_next_id(), 1);
    cr_expect_eq(intern(stream, 5), 1);
    cr_expect_eq(intern(stream, 6), 2);
    cr_expect_eq(intern(stream, 5), 1);
    cr_expect_eq(intern(stream, 6), 2);
    cr_expect_eq(backtraces_next_id(), 3);
}

Test(backtraces, every_difference_counts)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);
    struct backtrace backtrace = {.frames = {1, 2, 3}, .depth = 3};
    uint32_t first = backtraces_intern(stream, &backtrace);

    backtrace.cut = true;
    uint32_t cut = backtraces_intern(stream, &backtrace);
    backtrace.cut = false;
    backtrace.depth = 2;
    uint32_t shorter = backtraces_intern(stream, &backtrace);
    backtrace = (struct backtrace){.frames = {2, 1, 3}, .depth = 3};
    uint32_t order = backtraces_intern(stream, &backtrace);
    backtrace = (struct backtrace){.frames = {1, 2, 0, 3}, .depth = 4};
    uint32_t zero = backtraces_intern(stream, &backtrace);

    cr_expect_eq(first, 1);
    cr_expect_eq(cut, 2);
    cr_expect_eq(shorter, 3);
    cr_expect_eq(order, 4);
    cr_expect_eq(zero, 5);
}

Test(backtraces, a_hundred_thousand_are_told_apart_and_read_back)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);

    for (unsigned i = 0; i < DISTINCT; i++)
        cr_assert_eq(intern(stream, i), i + 1);
    for (unsigned i = 0; i < DISTINCT; i++)
        cr_assert_eq(intern(stream, i), i + 1);
    struct trace *trace = temp_trace_read();
    cr_assert_eq(trace_stack_count(trace), DISTINCT);
    for (unsigned i = 0; i < DISTINCT; i++) {
        const struct stack_definition *stack = trace_stack(trace, i);
        cr_assert_eq(stack->id, i + 1);
        cr_assert(is_number(stack, i), "stack %u is another", stack->id);
    }
    trace_close(trace);
}

Test(backtraces, forgotten_ones_get_new_ids)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);

    for (unsigned i = 0; i < 10000; i++)
        intern(stream, i);
    backtraces_forget();
    for (unsigned i = 0; i < 10000; i++)
        cr_assert_eq(intern(stream, i), 10001 + i);
    cr_expect_eq(intern(stream, 0), 10001);
}

Test(backtraces, a_fork_splits_the_numbers)
{
    struct stream *stream = temp_trace_begin(TEMP_TRACE_LIMIT);

    intern(stream, 0);
    intern(stream, 1);
    uint32_t first = backtraces_split();
    cr_expect_eq(first, 3, "the child's first id");
    cr_expect_eq(intern(stream, 2), 4, "the parent skips it");
    backtraces_continue(first);
    cr_expect_eq(intern(stream, 3), 3, "the child begins with it");
    cr_expect_eq(intern(stream, 1), 2, "and knows what was before the fork");
}

Test(backtraces, no_room_means_no_id)
{
    struct stream *stream = temp_trace_begin(8 * TRACE_PAGE);
    unsigned known = 0;

    while (known < 1000 && intern(stream, known) != TRACE_NO_STACK)
        known++;
    cr_assert(known > 0 && known < 1000);
    for (unsigned i = 0; i < known; i++)
        cr_expect_eq(intern(stream, i), i + 1);
    cr_expect_eq(intern(stream, known), TRACE_NO_STACK);
    struct trace *trace = temp_trace_read();
    cr_expect_eq(trace_stack_count(trace), known);
    trace_close(trace);
}

#define THREADS 4
#define SHARED  20000u

static pthread_barrier_t together;
static uint32_t ids[THREADS][SHARED];

static void *intern_all(void *data)
{
    uint32_t *mine = data;
    pthread_barrier_wait(&together);
    for (unsigned i = 0; i < SHARED; i++) {
        struct stream *stream = stream_enter();
        mine[i] = intern(stream, i);
        stream_leave();
    }
    return NULL;
}

static const struct stack_definition *find_stack(const struct trace *trace, uint32_t id)
{
    size_t low = 0, high = trace_stack_count(trace);
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (trace_stack(trace, middle)->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < trace_stack_count(trace) && trace_stack(trace, low)->id == id
               ? trace_stack(trace, low)
               : NULL;
}

/* Threads that meet may define one twice; whatever id they get must stand for it. */
Test(backtraces, threads_agree_on_what_an_id_means)
{
    pthread_t threads[THREADS];

    temp_trace_begin(TEMP_TRACE_LIMIT);
    pthread_barrier_init(&together, NULL, THREADS);
    for (unsigned i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, intern_all, ids[i]), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    struct trace *trace = temp_trace_read();
    cr_expect_lt(trace_stack_count(trace), 2 * SHARED);
    for (unsigned i = 0; i < THREADS * SHARED; i++) {
        const struct stack_definition *stack = find_stack(trace, ids[i / SHARED][i % SHARED]);
        cr_assert(stack && is_number(stack, i % SHARED), "thread %u, backtrace %u", i / SHARED,
                  i % SHARED);
    }
    trace_close(trace);
}
