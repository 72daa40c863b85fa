/* call_test.c - functions that are called on a thread of another process. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/call.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of the process, a child, which has the same code at the same addresses; seen by both. */
static struct {
    uint32_t held, released, calls, interrupted;
} * shared;

static pid_t child;
static struct target_memory memory;
static struct target_images images;
static struct caller caller;

/* As who waits to be let return, and finds that it took too long. */
static void returns_at_once(void)
{
    shared->calls++;
    __atomic_store_n(&shared->held, 1, __ATOMIC_RELEASE);
}

static void waits(void)
{
    returns_at_once();
    while (!__atomic_load_n(&shared->released, __ATOMIC_ACQUIRE))
        __builtin_ia32_pause();
}

static void crashes(void)
{
    shared->calls++;
    __builtin_trap();
}

static uint64_t at(const void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

static void wait_for_ever(void)
{
    for (;;) {
        pause();
        shared->interrupted++; /* no signal comes here */
    }
}

static void begin(void)
{
    struct error error = {.text = ""};
    shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    child = fork();
    if (child == 0)
        wait_for_ever();
    cr_assert(target_memory_open(&memory, child));
    cr_assert(target_images_find(&images, &memory, child, &error), "%s", error.text);
    caller.thread.pid = child;
    caller.thread.images = &images;
    cr_assert(caller_begin(&caller, &error), "%s", error.text);
}

static void end(void)
{
    target_memory_close(&memory);
    cr_expect_eq(kill(child, SIGKILL), 0);
    waitpid(child, NULL, __WALL);
    munmap(shared, sizeof(*shared));
}

static bool call_held(void (*function)(void), struct error *error)
{
    shared->held = shared->released = 0;
    caller.held = at(&shared->held);
    caller.released = at(&shared->released);
    const bool ok = caller_call(&caller, at((const void *)function), 0, 0, 0, error);
    caller.held = caller.released = 0;
    return ok;
}

/* Its thread is where it was, not traced, and was told of nothing. */
static void expect_as_before(void)
{
    cr_expect_eq(waitpid(child, NULL, WNOHANG), 0, "it runs");
    cr_expect_eq(shared->interrupted, 0);
}

TestSuite(call, .init = begin, .fini = end, .timeout = 60);

Test(call, who_is_held_returns_when_it_is_let)
{
    struct error error = {.text = ""};
    cr_assert(call_held(waits, &error), "%s", error.text);
    cr_expect_not(caller.left);
    cr_expect_eq(caller_syscall(&caller, SYS_getpid, 0, 0, 0, 0), child);
    caller_end(&caller);
    cr_expect_eq(shared->calls, 1);
    expect_as_before();
}

/* Who calls was late: that is noticed at once, and a thread is taken anew for the next call. */
Test(call, who_did_not_wait_is_taken_again)
{
    struct error error = {.text = ""};
    for (uint32_t i = 1; i <= 20; i++) {
        cr_assert(call_held(returns_at_once, &error), "%s", error.text);
        cr_assert(caller.left);
        cr_expect_eq(shared->calls, i);
        thread_release(caller.thread.tid);
        cr_expect_eq(caller_syscall(&caller, SYS_getpid, 0, 0, 0, 0), child);
    }
    caller_end(&caller);
    expect_as_before();
}

Test(call, who_crashes_is_put_back)
{
    struct error error = {.text = ""};
    cr_expect_not(caller_call(&caller, at((const void *)crashes), 0, 0, 0, &error));
    cr_expect_eq(shared->calls, 1);
    cr_assert(caller_begin(&caller, &error), "%s", error.text);
    cr_expect_eq(caller_syscall(&caller, SYS_getpid, 0, 0, 0, 0), child);
    caller_end(&caller);
    expect_as_before();
}
