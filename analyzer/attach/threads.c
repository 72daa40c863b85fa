/* threads.c - the threads of another process; see threads.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/threads.h"

#include "analyzer/util/memory.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#define PATIENCE_S 1
#define PAUSE_NS   20000
#define ROUNDS_MAX 1000

/* What the kernel says within itself of a call that a stop interrupted (linux/errno.h). */
#define ERESTARTSYS_KERNEL    512
#define ERESTARTNOINTR_KERNEL 513
#define ERESTARTNOHAND_KERNEL 514

int64_t nanoseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int64_t seconds_now(void)
{
    return nanoseconds_now() / INT64_C(1000000000);
}

bool thread_await(pid_t tid, int *status, unsigned seconds)
{
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    const int64_t until = nanoseconds_now() + seconds * INT64_C(1000000000);
    for (;;) {
        const pid_t got = waitpid(tid, status, __WALL | WNOHANG);
        errno = got == tid ? ESRCH : errno;
        if (got == tid)
            return WIFSTOPPED(*status);
        if (got < 0 && errno != EINTR)
            return false;
        if (nanoseconds_now() > until) {
            errno = ETIMEDOUT;
            return false;
        }
        nanosleep(&pause, NULL);
    }
}

static bool is_our_stop(int status)
{
    return status >> 16 == PTRACE_EVENT_STOP;
}

static bool begin_stop(pid_t tid, struct error *error)
{
    if (ptrace(PTRACE_SEIZE, tid, 0, PTRACE_O_TRACESYSGOOD) != 0) {
        error_set(error, "thread %d cannot be traced: %s", (int)tid, strerror(errno));
        return false;
    }
    ptrace(PTRACE_INTERRUPT, tid, 0, 0);
    return true;
}

/* A signal that was on its way comes first, and is handed on. */
static bool end_stop(pid_t tid, struct error *error)
{
    int status;
    while (thread_await(tid, &status, PATIENCE_S)) {
        if (is_our_stop(status))
            return true;
        ptrace(PTRACE_CONT, tid, 0, WSTOPSIG(status) & 0x7f);
    }
    error_set(error,
              errno == ETIMEDOUT ? "thread %d does not stop: it waits in the kernel, where nothing "
                                   "interrupts it (for a disk, or for a child of vfork())"
                                 : "thread %d has ended meanwhile",
              (int)tid);
    return false;
}

bool thread_stop(pid_t tid, struct error *error)
{
    return begin_stop(tid, error) && end_stop(tid, error);
}

/* Those that give up when they are interrupted, even if nothing came of it (signal(7)). */
static bool gives_up(uint64_t number)
{
    static const uint16_t known[] = {
        SYS_epoll_wait, SYS_epoll_pwait,   SYS_epoll_pwait2,    SYS_semop,
        SYS_semtimedop, SYS_recvfrom,      SYS_recvmsg,         SYS_recvmmsg,
        SYS_accept,     SYS_accept4,       SYS_sendto,          SYS_sendmsg,
        SYS_sendmmsg,   SYS_read,          SYS_readv,           SYS_write,
        SYS_writev,     SYS_io_getevents,  SYS_rt_sigtimedwait, SYS_msgrcv,
        SYS_msgsnd,     SYS_io_pgetevents,
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
        if (number == known[i])
            return true;
    return false;
}

void thread_restart_call(struct user_regs_struct *registers)
{
    if ((int64_t)registers->orig_rax >= 0 && (int64_t)registers->rax == -EINTR &&
        gives_up(registers->orig_rax))
        registers->rax = (uint64_t)-ERESTARTNOHAND_KERNEL;
}

static void restart_call_of(pid_t tid)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, tid, 0, &registers) != 0)
        return;
    const uint64_t before = registers.rax;
    thread_restart_call(&registers);
    if (registers.rax != before)
        ptrace(PTRACE_SETREGS, tid, 0, &registers);
}

void thread_release(pid_t tid)
{
    restart_call_of(tid);
    ptrace(PTRACE_DETACH, tid, 0, 0);
}

pid_t *threads_list(pid_t pid, size_t *count)
{
    char path[64];
    pid_t *tids = NULL;
    size_t capacity = 0;
    *count = 0;
    snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
    DIR *dir = opendir(path);
    if (!dir)
        return NULL;
    for (const struct dirent *entry; (entry = readdir(dir));) {
        const pid_t tid = (pid_t)atoi(entry->d_name);
        if (tid <= 0)
            continue;
        if (*count == capacity)
            tids = xreallocarray(tids, capacity = capacity ? 2 * capacity : 64, sizeof(*tids));
        tids[(*count)++] = tid;
    }
    closedir(dir);
    return tids;
}

static bool is_known(const struct threads *threads, pid_t tid)
{
    for (size_t i = 0; i < threads->count; i++)
        if (threads->tids[i] == tid)
            return true;
    return false;
}

void threads_add(struct threads *threads, pid_t tid)
{
    if (threads->count == threads->capacity) {
        threads->capacity = threads->capacity ? 2 * threads->capacity : 64;
        threads->tids = xreallocarray(threads->tids, threads->capacity, sizeof(*threads->tids));
    }
    threads->tids[threads->count++] = tid;
}

static bool is_gone(pid_t pid, pid_t tid)
{
    return syscall(SYS_tgkill, pid, tid, 0) != 0 && errno == ESRCH;
}

/* Those of TIDS that are new, all at once. */
static bool stop_new(struct threads *threads, pid_t pid, const pid_t *tids, size_t count,
                     pid_t except, struct error *error)
{
    const size_t known = threads->count;
    bool ok = true;
    for (size_t i = 0; i < count && ok; i++) {
        if (tids[i] == except || is_known(threads, tids[i]))
            continue;
        if (begin_stop(tids[i], error))
            threads_add(threads, tids[i]);
        else
            ok = is_gone(pid, tids[i]);
    }
    size_t stopped = known;
    for (size_t i = known; i < threads->count; i++) {
        if (end_stop(threads->tids[i], error))
            threads->tids[stopped++] = threads->tids[i];
        else
            ok &= is_gone(pid, threads->tids[i]);
    }
    threads->count = stopped;
    return ok;
}

/* Until there are none that are not stopped. False with *ERROR set, and all have been let go. */
static bool stop_the_rest(struct threads *threads, pid_t pid, pid_t except, struct error *error)
{
    size_t before = SIZE_MAX;
    bool ok = true;
    for (unsigned i = 0; ok && before != threads->count && i < ROUNDS_MAX; i++) {
        size_t count;
        pid_t *tids = threads_list(pid, &count);
        before = threads->count;
        ok = stop_new(threads, pid, tids, count, except, error);
        free(tids);
    }
    if (!ok)
        threads_release(threads);
    return ok;
}

bool threads_stop(struct threads *threads, pid_t pid, pid_t except, struct error *error)
{
    *threads = (struct threads){0};
    return stop_the_rest(threads, pid, except, error);
}

/* Those of TIDS that do not stop are none of THREADS any more. False with *ERROR set: one of them
 * still runs. */
static bool stop_again(struct threads *threads, pid_t pid, const pid_t *tids, size_t count,
                       struct error *error)
{
    bool ok = true;
    for (size_t i = 0; i < count; i++)
        ptrace(PTRACE_INTERRUPT, tids[i], 0, 0);
    for (size_t i = 0; i < count; i++) {
        if (end_stop(tids[i], error))
            threads_add(threads, tids[i]);
        else
            ok &= is_gone(pid, tids[i]);
    }
    return ok;
}

bool threads_let_run(struct threads *threads, pid_t pid, pid_t except, threads_test *test,
                     const void *data, long nanoseconds, size_t *count, struct error *error)
{
    const struct timespec moment = {.tv_nsec = nanoseconds};
    pid_t *let = xreallocarray(NULL, threads->count + 1, sizeof(*let));
    size_t kept = 0;
    *count = 0;
    for (size_t i = 0; i < threads->count; i++) {
        const pid_t tid = threads->tids[i];
        if (test(data, tid))
            let[(*count)++] = tid;
        else
            threads->tids[kept++] = tid;
    }
    threads->count = kept;
    for (size_t i = 0; i < *count; i++) {
        restart_call_of(let[i]);
        ptrace(PTRACE_CONT, let[i], 0, 0);
    }
    if (*count > 0)
        nanosleep(&moment, NULL);
    bool ok = stop_again(threads, pid, let, *count, error);
    free(let);
    if (!ok)
        threads_release(threads);
    return ok && (*count == 0 || stop_the_rest(threads, pid, except, error));
}

void threads_release(struct threads *threads)
{
    for (size_t i = 0; i < threads->count; i++)
        thread_release(threads->tids[i]);
    free(threads->tids);
    *threads = (struct threads){0};
}
