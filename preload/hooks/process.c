/* process.c - a process forks, and ends; see process.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/hooks/process.h"

#include "preload/code/next_function.h"
#include "preload/guard/crash.h"
#include "preload/guard/guard.h"
#include "preload/guard/stale.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/poison.h"
#include "preload/hooks/spare_stack.h"
#include "preload/hooks/usage.h"
#include "preload/libc/forks.h"
#include "preload/trace/definitions.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/trace/giver.h"
#include "preload/trace/names.h"
#include "preload/trace/resident.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/libunwind_remote.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/util/kept_mappings.h"
#include "preload/util/options.h"
#include "preload/util/registers.h"
#include "preload/util/system_calls.h"
#include "preload/young/quick.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORTED __attribute__((visibility("default")))
#define HELD_NS  UINT64_C(100000000) /* who holds it may be gone */
#define WAITING  __attribute__((noinline, section("process_waits")))

/* By the linker. */
extern const char __start_process_waits[] __attribute__((visibility("hidden")));
extern const char __stop_process_waits[] __attribute__((visibility("hidden")));

static uint32_t always = PROCESS_KNOWN; /* where the kernel does not tell */
volatile uint32_t *process_known = &always;

/* Kept apart from the trace's header, which a child can no longer read. */
FORKED static struct trace_origin self;
FORKED static pid_t self_pid;
FORKED static uint32_t forks, ended;
FORKED static uint32_t lost_early; /* events before the process was known */

/* What the next fork of this thread hands to its child. */
static __thread struct trace_origin handover;
/* errno before a fork, which sets it only when it fails: nothing else tells who is asked after. */
static __thread int errno_before;

static void (*real_exit)(int);
static process_moment *before_end, *before_child;
static bool watched;
FORKED bool process_idle;

bool process_knows(void)
{
    return !process_idle && process_check_fork();
}

bool process_is_watched(void)
{
    return watched;
}

static void remember_self(void)
{
    const struct trace_header *header = trace_file_header();
    self_pid = getpid();
    ended = 0;
    self = (struct trace_origin){0};
    if (header)
        self = (struct trace_origin){.parent_id = header->file_id,
                                     .sync_tick = header->sync_ticks[0],
                                     .sync_ns = header->sync_ns[0]};
}

/* What hooks look at first is as after a fork that nobody told of: then they look further. */
void process_set_idle(bool now)
{
    if (!now)
        remember_self();
    process_idle = now;
    *process_known = now ? PROCESS_UNKNOWN : PROCESS_KNOWN;
}

/* What holds pools' memory back, or serves it, goes on with that. */
void process_rest(void)
{
    if (trace_file_is_ended() && !options_get()->guard && !options_get()->poison)
        process_set_idle(true);
}

static void begin_fork(void *data)
{
    const struct registers *registers = data;
    handover = (struct trace_origin){0};
    if (process_idle)
        return;
    const bool known =
        process_check_fork(); /* else the trace is the parent's, and not mapped here */
    if (known)
        process_rest();
    if (known && trace_file_is_ended())
        return;
    struct stream *stream = known ? stream_enter() : NULL;
    handover = self;
    if (!stream)
        return;
    before_child(stream, registers);
    kept_mappings_refresh();
    handover.fork_seq = __atomic_add_fetch(&forks, 1, __ATOMIC_RELAXED);
    handover.first_stack = backtraces_split();
    event_fork(stream, handover.fork_seq);
    stream_leave();
}

/* Somehow it is to be done. */
static void call_with_room(void (*function)(void *data), void *data)
{
    if (!spare_stack_call(STACK_OF_WALKS, function, data))
        function(data);
}

static void before_fork(void)
{
    struct registers registers;
    registers_take(&registers);
    errno_before = errno;
    call_with_room(begin_fork, &registers);
    stale_fork_begins();
    errno = 0;
}

/* Who attached hands out files. */
static bool open_trace(const struct trace_origin *origin)
{
    const struct options *options = options_get();
    if (!options->attached)
        return trace_file_open(options->dir, options->max_size, origin);
    const int fd = giver_ask();
    return fd >= 0 && trace_file_take(fd, options->max_size, origin);
}

/* The parent's file is not mapped here (MADV_DONTFORK); the child gets one of its own. */
static void begin_child(void *data)
{
    const struct trace_origin *origin = data;
    int error = errno;
    const bool interrupted = streams_active();
    *process_known = PROCESS_BEGINS;
    lost_early = 0;
    if (!interrupted)
        poison_forked();
    guard_forked();
    crash_forked();
    trace_file_forget(interrupted);
    streams_forget();
    names_forget();
    usage_forked();
    libunwind_forked();
    if (origin->first_stack)
        backtraces_continue(origin->first_stack);
    const bool opened = open_trace(origin);
    remember_self();
    process_idle = !opened && options_get()->attached;
    __atomic_store_n(process_known, process_idle ? PROCESS_UNKNOWN : PROCESS_KNOWN,
                     __ATOMIC_RELEASE);
    trace_file_lose(TRACE_LOST_BEGINNING, __atomic_exchange_n(&lost_early, 0, __ATOMIC_RELAXED));
    struct stream *stream = stream_enter();
    generation_forked(stream, interrupted);
    if (stream) {
        const struct definition_part program = {options_program(), strlen(options_program())};
        definition_write(stream, TRACE_RECORD_PROGRAM, &program, 1);
        resident_begin(stream, false);
        stream_leave();
    }
    errno = error;
}

static void in_child(void)
{
    stale_forked();
    errno = errno_before;
    if (process_idle)
        trace_file_forget(false); /* what there is of it was never begun */
    else
        call_with_room(begin_child, &handover);
}

/* After a fork, and after one that failed: there is no child then that could have a trace. */
static void in_parent(void)
{
    struct trace_header *header = trace_file_header();
    stale_fork_done();
    const bool failed = errno == EAGAIN || errno == ENOMEM || errno == EPERM || errno == ENOSYS;
    if (failed && header && handover.fork_seq)
        __atomic_fetch_add(&header->failed_forks, 1, __ATOMIC_RELAXED);
    if (!failed)
        errno = errno_before;
}

void process_waits_at(uint64_t *begin, uint64_t *end)
{
    *begin = (uintptr_t)__start_process_waits;
    *end = (uintptr_t)__stop_process_waits;
}

static WAITING void wait_awhile(void)
{
    for (unsigned i = 0; i < 1000 && *process_known == PROCESS_HELD; i++)
        __builtin_ia32_pause();
}

/* Not in a handler that came while the thread recorded: that is waited for. */
static bool wait_while_held(void)
{
    const uint64_t until = clock_ns(CLOCK_MONOTONIC) + HELD_NS;
    uint32_t held = PROCESS_HELD;
    if (streams_active())
        return true;
    while (*process_known == PROCESS_HELD && clock_ns(CLOCK_MONOTONIC) < until)
        wait_awhile();
    __atomic_compare_exchange_n(process_known, &held, PROCESS_KNOWN, false, __ATOMIC_ACQ_REL,
                                __ATOMIC_ACQUIRE);
    return process_knows();
}

bool process_adopt(void)
{
    uint32_t unknown = PROCESS_UNKNOWN;
    if (process_idle)
        return false;
    if (!__atomic_compare_exchange_n(process_known, &unknown, PROCESS_BEGINS, false,
                                     __ATOMIC_ACQUIRE, __ATOMIC_ACQUIRE)) {
        if (unknown == PROCESS_KNOWN)
            return true;
        if (unknown == PROCESS_HELD)
            return wait_while_held();
        __atomic_fetch_add(&lost_early, 1, __ATOMIC_RELAXED);
        return false;
    }
    struct trace_origin origin = self;
    origin.first_stack = backtraces_next_id();
    stale_forked();
    begin_child(&origin);
    return true;
}

struct ending {
    int status;
    const struct registers *registers;
};

static void end_recording(void *data)
{
    const struct ending *ending = data;
    struct stream *stream = stream_enter_at((const void *)(uintptr_t)ending->registers->sp);
    if (!stream)
        return;
    resident_note(stream, RESIDENT_AT_END); /* what comes now is not the program's */
    before_end(stream, ending->registers);
    event_end(stream, ending->status);
    trace_file_sync_clock();
    trace_file_note_cpu();
    stream_leave();
}

/* A child of vfork() borrows its parent's memory, and so this: its end is not the parent's. */
void process_ends(int status, const struct registers *registers)
{
    const int error = errno;
    struct ending ending = {status, registers};
    if (!process_idle && process_check_fork() && !trace_file_is_ended() &&
        (!system_calls_may(CALL_PROCESS) || getpid() == self_pid) &&
        __atomic_exchange_n(&ended, 1, __ATOMIC_RELAXED) == 0 &&
        !spare_stack_call(STACK_OF_WALKS, end_recording, &ending))
        trace_file_lose(TRACE_LOST_STACK, 1);
    errno = error;
}

static void at_exit(int status, void *unused)
{
    struct registers registers;
    registers_take(&registers);
    (void)unused;
    process_ends(status, &registers);
}

static _Noreturn void end_process(int status, const struct registers *registers)
{
    process_ends(status, registers);
    if (real_exit)
        real_exit(status);
    for (;;)
        syscall(SYS_exit_group, status);
}

/* These take the place of the C library's for the program: neither runs exit handlers. */
EXPORTED _Noreturn void _exit(int status)
{
    struct registers registers;
    registers_take(&registers);
    end_process(status, &registers);
}

EXPORTED _Noreturn void _Exit(int status)
{
    struct registers registers;
    registers_take(&registers);
    end_process(status, &registers);
}

static void watch_forks(process_moment *ending, process_moment *forking)
{
    before_end = ending;
    before_child = forking;
    void *page = mmap(NULL, TRACE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page != MAP_FAILED && madvise(page, TRACE_PAGE, MADV_WIPEONFORK) == 0) {
        process_known = page;
        *process_known = PROCESS_KNOWN;
    }
    young_quick.known = process_known;
    pthread_atfork(before_fork, in_parent, in_child);
    watched = true;
}

void process_setup(process_moment *ending, process_moment *forking)
{
    real_exit = (void (*)(int))next_function("_exit");
    watch_forks(ending, forking);
    forks_watch = stale_bare_fork;
    remember_self();
    on_exit(at_exit, NULL);
}

/* What runs at exit() ends pools: it is to be seen, and so no handler is added to it. */
void process_setup_attached(process_moment *ending, process_moment *forking)
{
    process_set_idle(true);
    if (!watched)
        watch_forks(ending, forking);
    process_set_idle(true); /* of the page that is looked at now */
}
