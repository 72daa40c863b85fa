/*
 * fuzz_budget.c - what a run takes of time and memory is counted against the size of its input: one
 * that takes too much is a crash.
 *
 * SPDX-License-Identifier: MIT
 */
#include "fuzz.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

/* What the command takes for any input, and what for a byte of one; sanitizers multiply the time.
 */
#define TIME_LEAST  (50 * 1000 * 1000) /* ns */
#define TIME_A_BYTE 5000               /* ns */
#define SLOWER      20
#define HEAP_LEAST  (16l << 20) /* bytes */
#define HEAP_A_BYTE 512

static struct {
    long now, most; /* bytes, since the run began */
} heap;

static struct {
    size_t size;
    int64_t began;
} run;

static int64_t worst_time, worst_heap; /* ns, bytes */

static void note(long more)
{
    heap.now += more;
    heap.most = heap.now > heap.most ? heap.now : heap.most;
}

#ifdef SANITIZED
int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *, size_t),
                                              void (*freed)(const volatile void *));

static void on_malloc(const volatile void *at, size_t size)
{
    (void)at;
    note((long)size);
}

static void on_free(const volatile void *at)
{
    note(-(long)malloc_usable_size((void *)at));
}

static void watch_heap(void)
{
    __sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}
#else
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void __libc_free(void *at);

static void *counted(void *at)
{
    note((long)malloc_usable_size(at));
    return at;
}

void *malloc(size_t size)
{
    return counted(__libc_malloc(size));
}

void *calloc(size_t count, size_t size)
{
    return counted(__libc_calloc(count, size));
}

void *realloc(void *at, size_t size)
{
    note(-(long)malloc_usable_size(at));
    return counted(__libc_realloc(at, size));
}

void free(void *at)
{
    note(-(long)malloc_usable_size(at));
    __libc_free(at);
}

static void watch_heap(void)
{
}
#endif

static int64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* A run that does not end: told by libFuzzer, with a backtrace. */
static void on_second(int signal)
{
    (void)signal;
    abort();
}

static void tell_worst(void)
{
    fprintf(stderr, "worst run: %ld ms, %ld KiB\n", (long)(worst_time / 1000000),
            (long)(worst_heap >> 10));
}

void fuzz_begin(size_t size)
{
    static bool begun;
    const struct itimerval second = {.it_value.tv_sec = 1};
    if (!begun) {
        watch_heap();
        signal(SIGPROF, on_second);
        atexit(tell_worst);
    }
    begun = true;
    setitimer(ITIMER_PROF, &second, NULL);
    heap.now = heap.most = 0;
    run.size = size;
    run.began = cpu_ns();
}

int fuzz_end(void)
{
    const int64_t time = cpu_ns() - run.began, size = (int64_t)run.size;
#ifdef SANITIZED
    const int64_t allowed = (TIME_LEAST + TIME_A_BYTE * size) * SLOWER;
#else
    const int64_t allowed = TIME_LEAST + TIME_A_BYTE * size;
#endif
    const int64_t most = heap.most;
    worst_time = time > worst_time ? time : worst_time;
    worst_heap = most > worst_heap ? most : worst_heap;
    if (time > allowed || most > HEAP_LEAST + HEAP_A_BYTE * size) {
        fprintf(stderr, "%zu bytes took %ld us and %ld KiB\n", run.size, (long)(time / 1000),
                (long)(most >> 10));
        abort();
    }
    return 0;
}
