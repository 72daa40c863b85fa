/* launch.c - starts the program to be recorded, and a client beside it; see launch.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* pipe2 */

#include "analyzer/record/launch.h"

#include "analyzer/record/target.h"
#include "analyzer/util/error.h"
#include "analyzer/util/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <unistd.h>

#define STATUS_NOT_EXECUTABLE 126
#define STATUS_NOT_FOUND      127

/* FIRST, unless that is NULL, then LIBRARY, then what is there. */
static void set_preload(const char *first, const char *library)
{
    const char *old = getenv("LD_PRELOAD");
    const bool more = old && *old;
    char *preload = xasprintf("%s%s%s%s%s", first ? first : "", first ? ":" : "", library,
                              more ? ":" : "", more ? old : "");
    setenv("LD_PRELOAD", preload, 1);
    free(preload);
}

static void set_environment(const char *program, const struct record_environment *environment)
{
    char *first = environment->preload ? record_target_first_library(program) : NULL;
    if (environment->preload)
        set_preload(first, environment->preload);
    free(first);
    setenv("LIFEGUARD_DIR", environment->dir, 1);
    setenv("LIFEGUARD_QUIET", "1", 1); /* the command tells it */
    if (environment->api)
        setenv("LIFEGUARD_API", environment->api, 1);
    if (environment->poison)
        setenv("LIFEGUARD_POISON", environment->poison, 1);
    if (environment->stale)
        setenv("LIFEGUARD_STALE", environment->stale, 1);
    if (environment->guard)
        setenv("LIFEGUARD_GUARD", environment->guard, 1);
    if (environment->addresses)
        setenv("LIFEGUARD_ADDRESSES", environment->addresses, 1);
    if (environment->crash)
        setenv("LIFEGUARD_CRASH", environment->crash, 1);
    if (environment->walk)
        setenv("LIFEGUARD_WALK", environment->walk, 1);
    if (environment->survivors)
        setenv("LIFEGUARD_RECORD", "survivors", 1);
    if (environment->young)
        setenv("LIFEGUARD_YOUNG", environment->young, 1);
    if (environment->labels)
        setenv("LIFEGUARD_LABELS", environment->labels, 1);
    if (environment->max_total)
        setenv("LIFEGUARD_MAX_TOTAL", environment->max_total, 1);
}

/* In the child. What went wrong goes through the pipe, which a successful exec closes. */
static void start_program(char **argv, const struct record_environment *environment,
                          const struct signal_state *before, int report)
{
    set_environment(argv[0], environment);
    signals_restore(before);
    if (!environment->traced || ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
        execvp(argv[0], argv);
    int error = errno;
    while (write(report, &error, sizeof(error)) < 0 && errno == EINTR)
        continue;
    _exit(STATUS_NOT_EXECUTABLE);
}

/* 0 when the program was started, else errno. */
static int read_start_error(int report)
{
    int error = 0;
    ssize_t got;
    do
        got = read(report, &error, sizeof(error));
    while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof(error) ? error : 0;
}

static pid_t start_failed(const char *what, int why, int *status)
{
    struct error error;
    error_set(&error, "%s: %s", what, strerror(why));
    fprintf(stderr, "lifeguard record: %s\n", error.text);
    *status = why == ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
    return 0;
}

pid_t record_launch(char **argv, const struct record_environment *environment,
                    const struct signal_state *before, int *why)
{
    int report[2];
    *why = pipe2(report, O_CLOEXEC) == 0 ? 0 : errno;
    if (*why)
        return 0;
    pid_t pid = fork();
    if (pid == 0)
        start_program(argv, environment, before, report[1]);
    *why = pid < 0 ? errno : 0;
    close(report[1]);
    if (pid > 0)
        *why = read_start_error(report[0]);
    close(report[0]);
    if (!*why)
        return pid;
    if (pid > 0)
        wait_for_exit(pid);
    return 0;
}

pid_t launch_program(char **argv, const struct record_environment *environment,
                     const struct signal_state *before, int *status)
{
    int why;
    pid_t pid = record_launch(argv, environment, before, &why);
    return pid ? pid : start_failed(argv[0], why, status);
}

pid_t launch_client(const char *command, pid_t program, const struct signal_state *before)
{
    pid_t pid = fork();
    int status;
    if (pid < 0)
        return start_failed("fork", errno, &status);
    if (pid > 0)
        return pid;
    char number[24];
    snprintf(number, sizeof(number), "%d", (int)program);
    setenv("LIFEGUARD_PID", number, 1);
    signals_restore(before);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    start_failed("/bin/sh", errno, &status);
    _exit(status);
}
