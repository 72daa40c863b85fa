/*
 * waiting.c - these take the place of the C library's for the program: when it is told that a
 * signal ended a child of its, the trace is, too. The child itself could not say so.
 *
 * SPDX-License-Identifier: MIT
 */
#define _GNU_SOURCE
#include "preload/code/next_function.h"
#include "preload/hooks/process.h"
#include "preload/trace/definitions.h"
#include "preload/trace/format.h"

#include <errno.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define EXPORTED __attribute__((visibility("default")))

typedef pid_t wait_function(int *status);
typedef pid_t wait3_function(int *status, int options, struct rusage *usage);
typedef pid_t wait4_function(pid_t pid, int *status, int options, struct rusage *usage);
typedef pid_t waitpid_function(pid_t pid, int *status, int options);
typedef int waitid_function(idtype_t type, id_t id, siginfo_t *info, int options);

/* Looked up before the program can be in a handler; by who comes earlier, then. */
static wait_function *real_wait;
static wait3_function *real_wait3;
static wait4_function *real_wait4;
static waitpid_function *real_waitpid;
static waitid_function *real_waitid;

__attribute__((constructor)) static void find_real(void)
{
    if (real_wait)
        return;
    real_wait3 = (wait3_function *)next_function("wait3");
    real_wait4 = (wait4_function *)next_function("wait4");
    real_waitpid = (waitpid_function *)next_function("waitpid");
    real_waitid = (waitid_function *)next_function("waitid");
    real_wait = (wait_function *)next_function("wait");
}

static void note(pid_t pid, int signal, bool dumped)
{
    const int error = errno;
    struct stream *stream = process_knows() ? stream_enter() : NULL;
    if (stream) {
        const struct trace_child child = {
            .tick = stream_tick(stream, 0, 0),
            .pid = pid,
            .signal = (uint32_t)signal | (dumped ? TRACE_SIGNAL_DUMPED : 0),
        };
        const struct definition_part part = {&child, sizeof(child)};
        definition_write(stream, TRACE_RECORD_CHILD, &part, 1);
        stream_leave();
    }
    errno = error;
}

static pid_t look(pid_t ended, int status)
{
    if (ended > 0 && WIFSIGNALED(status))
        note(ended, WTERMSIG(status), WCOREDUMP(status));
    return ended;
}

EXPORTED pid_t wait(int *status)
{
    int own = 0, *to = status ? status : &own;
    find_real();
    const pid_t ended = real_wait(to);
    return look(ended, ended > 0 ? *to : 0);
}

EXPORTED pid_t wait3(int *status, int options, struct rusage *usage)
{
    int own = 0, *to = status ? status : &own;
    find_real();
    const pid_t ended = real_wait3(to, options, usage);
    return look(ended, ended > 0 ? *to : 0);
}

EXPORTED pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    int own = 0, *to = status ? status : &own;
    find_real();
    const pid_t ended = real_wait4(pid, to, options, usage);
    return look(ended, ended > 0 ? *to : 0);
}

EXPORTED pid_t waitpid(pid_t pid, int *status, int options)
{
    int own = 0, *to = status ? status : &own;
    find_real();
    const pid_t ended = real_waitpid(pid, to, options);
    return look(ended, ended > 0 ? *to : 0);
}

EXPORTED int waitid(idtype_t type, id_t id, siginfo_t *info, int options)
{
    find_real();
    const int result = real_waitid(type, id, info, options);
    if (result == 0 && info && !(options & WNOWAIT) && info->si_signo == SIGCHLD &&
        (info->si_code == CLD_KILLED || info->si_code == CLD_DUMPED))
        note(info->si_pid, info->si_status, info->si_code == CLD_DUMPED);
    return result;
}
