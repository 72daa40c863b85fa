/* events_threads_test.c - what several threads write is read in the order in which it was done. */
/* SPDX-License-Identifier: MIT */
#include "preload/trace/events.h"

#include "tests/unit/support/temp_trace.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <semaphore.h>

TestSuite(events_threads, .fini = temp_trace_end);

#define THREADS    8
#define PER_THREAD 20000

static void *write_numbered(void *data)
{
    uint64_t pool = 0x1000 * (1 + (uint64_t)(uintptr_t)data);
    for (uint64_t i = 0; i < PER_THREAD; i++) {
        struct stream *stream = stream_enter();
        event_alloc(stream, pool, 1, i);
        stream_leave();
    }
    return NULL;
}

Test(events_threads, threads_do_not_disturb_each_other)
{
    pthread_t threads[THREADS];
    uint64_t seen[THREADS] = {0}, tick = 0;
    struct trace_event event;

    temp_trace_begin(TEMP_TRACE_LIMIT);
    for (uintptr_t i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, write_numbered, (void *)i), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    struct trace *trace = temp_trace_read();
    while (trace_next(trace, &event)) {
        cr_assert_eq(event.size, seen[event.pool / 0x1000 - 1]++);
        cr_assert_geq(event.tick, tick);
        tick = event.tick;
    }
    for (unsigned i = 0; i < THREADS; i++)
        cr_expect_eq(seen[i], PER_THREAD, "thread %u: %lu", i, (unsigned long)seen[i]);
    trace_close(trace);
}

/* One thread after the other writes what is next, some of them for good, some for a while. */
static struct {
    pthread_mutex_t lock;
    uint64_t next;
} numbering = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *write_next(void *times)
{
    for (uintptr_t i = 0; i < (uintptr_t)times; i++) {
        pthread_mutex_lock(&numbering.lock);
        struct stream *stream = stream_enter();
        event_alloc(stream, 16, 1, numbering.next++);
        stream_leave();
        pthread_mutex_unlock(&numbering.lock);
    }
    return NULL;
}

Test(events_threads, threads_that_wait_for_each_other_are_merged_in_that_order)
{
    const uintptr_t often = 200;
    pthread_t lasting, short_lived;
    struct trace_event event;

    temp_trace_begin(TEMP_TRACE_LIMIT);
    stream_leave();
    for (unsigned round = 0; round < 100; round++) {
        write_next((void *)often);
        cr_assert_eq(pthread_create(&lasting, NULL, write_next, (void *)often), 0);
        for (unsigned i = 0; i < 3; i++) {
            cr_assert_eq(pthread_create(&short_lived, NULL, write_next, (void *)(often / 20)), 0);
            write_next((void *)often);
            pthread_join(short_lived, NULL);
            write_next((void *)often);
        }
        pthread_join(lasting, NULL);
    }
    struct trace *trace = temp_trace_read();
    for (uint64_t i = 0; i < numbering.next; i++)
        cr_assert(trace_next(trace, &event) && event.size == i, "%lu comes where %lu is due",
                  (unsigned long)event.size, (unsigned long)i);
    trace_close(trace);
}

/* In turn, threads write some events each about one pool that they share, pools of their own, one
 * object's address that they give back and take and that other objects are moved to, and pools that
 * are emptied: that concerns all. Their stack is their number. */
#define TURNS  500
#define A_TURN 5 /* events at most */
#define SHARED 0x7000
#define OBJECT 0x9000

static sem_t turns[THREADS];
static unsigned taking_turns; /* threads */

static void write_numbered_event(struct stream *stream, uint64_t own, uint32_t number)
{
    if (number % 128 == 0)
        event_destroy(stream, 16, number, (struct pool_usage){0, 0});
    else if (number % 128 == 64)
        event_reset(stream, own, number, (struct pool_usage){0, 0});
    else if (number % 11 == 0)
        event_relocate(stream, own, number, OBJECT);
    else if (number % 5 == 0)
        event_object(stream, own, number, 8, OBJECT);
    else if (number % 5 == 1)
        event_free(stream, own, number, OBJECT);
    else
        event_alloc(stream, number % 3 == 0 ? SHARED : own, number, 8);
}

static void *write_own(void *which)
{
    uintptr_t self = (uintptr_t)which;

    for (unsigned i = 0; i < TURNS; i++) {
        sem_wait(&turns[self]);
        struct stream *stream = stream_enter();
        for (unsigned j = 0; j <= i % A_TURN; j++)
            write_numbered_event(stream, 32 * (self + 1), (uint32_t)numbering.next++);
        stream_leave();
        sem_post(&turns[(self + 1) % taking_turns]);
    }
    return NULL;
}

static void write_in_turn(void)
{
    pthread_t threads[THREADS];

    for (unsigned i = 0; i < taking_turns; i++)
        sem_init(&turns[i], 0, i == 0);
    for (uintptr_t i = 0; i < taking_turns; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, write_own, (void *)i), 0);
    for (unsigned i = 0; i < taking_turns; i++)
        pthread_join(threads[i], NULL);
}

static void expect_in_order(unsigned threads)
{
    struct trace_event event;
    uint32_t seen = 0, latest = 0, ended = 0, shared = 0, object = 0;

    temp_trace_begin(TEMP_TRACE_LIMIT);
    stream_leave();
    numbering.next = 1;
    taking_turns = threads;
    write_in_turn();
    struct trace *trace = temp_trace_read();
    for (; trace_next(trace, &event); seen++) {
        bool ends = event.kind == TRACE_EVENT_DESTROY || event.kind == TRACE_EVENT_RESET;
        bool of_object = event.kind == TRACE_EVENT_OBJECT || event.kind == TRACE_EVENT_FREE ||
                         event.kind == TRACE_EVENT_RELOCATE;

        cr_assert_gt(event.stack, ends ? latest : ended);
        cr_assert(event.pool != SHARED || event.stack > shared);
        cr_assert(!of_object || event.stack > object, "%u after %u", event.stack, object);
        shared = event.pool == SHARED ? event.stack : shared;
        object = of_object ? event.stack : object;
        ended = ends ? event.stack : ended;
        latest = event.stack > latest ? event.stack : latest;
    }
    cr_expect_eq(seen, numbering.next - 1);
    trace_close(trace);
}

Test(events_threads, threads_that_take_turns_are_merged_in_order_where_it_matters)
{
    expect_in_order(THREADS);
}

Test(events_threads, two_threads_that_take_turns_are_merged_in_order_where_it_matters)
{
    expect_in_order(2);
}

static void *write_one(void *unused)
{
    struct stream *stream = stream_enter();
    if (stream) {
        event_mark(stream, 1);
        stream_leave();
    }
    return unused;
}

Test(events_threads, streams_of_ended_threads_are_used_again)
{
    const unsigned count = 3000; /* more than there are streams */
    struct trace_event event;
    unsigned read = 0;
    pthread_t thread;

    temp_trace_begin(TEMP_TRACE_LIMIT);
    for (unsigned i = 0; i < count; i++) {
        cr_assert_eq(pthread_create(&thread, NULL, write_one, NULL), 0);
        pthread_join(thread, NULL);
    }
    struct trace *trace = temp_trace_read();
    while (trace_next(trace, &event))
        read++;
    cr_expect_eq(read, count);
    cr_expect_eq(trace_header(trace)->lost[TRACE_LOST_THREADS], 0);
    trace_close(trace);
}
