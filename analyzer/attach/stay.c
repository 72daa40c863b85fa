/* stay.c - beside a process that is attached to; see stay.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/attach/stay.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 1000 /* between looks at who still runs */

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static sigset_t ending_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    return set;
}

void stay_begin(void)
{
    const sigset_t set = ending_signals();
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static bool runs(pid_t pid)
{
    return kill(pid, 0) == 0 || errno != ESRCH;
}

/* Does anybody of them run? Those that have ended are forgotten. */
static bool any_runs(struct giver *giver, pid_t pid)
{
    size_t left = 0;
    for (size_t i = 0; giver && i < giver->count; i++)
        if (runs(giver->given[i]))
            giver->given[left++] = giver->given[i];
    if (giver)
        giver->count = left;
    return left > 0 || runs(pid);
}

/* How long to wait for something; 0: the time is up. */
static int wait_ms(uint64_t until)
{
    const uint64_t now = now_ms();
    if (until == 0 || until > now + LOOK_MS)
        return LOOK_MS;
    return until > now ? (int)(until - now) : 0;
}

void stay(struct giver *giver, pid_t pid, uint64_t limit_ms)
{
    const sigset_t set = ending_signals();
    const uint64_t until = limit_ms ? now_ms() + limit_ms : 0;
    struct pollfd polled[] = {
        {.fd = signalfd(-1, &set, SFD_CLOEXEC), .events = POLLIN},
        {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN},
        {.fd = giver ? giver->listener : -1, .events = POLLIN},
    };
    for (int wait; (wait = wait_ms(until)) > 0 && any_runs(giver, pid);) {
        if (poll(polled, sizeof(polled) / sizeof(*polled), wait) < 0 && errno != EINTR)
            break;
        if (polled[0].revents)
            break;
        if (polled[1].revents) { /* it has ended; others of it may run */
            close(polled[1].fd);
            polled[1].fd = -1;
        }
        if (polled[2].revents)
            giver_serve(giver);
    }
    close(polled[0].fd);
    if (polled[1].fd >= 0)
        close(polled[1].fd);
}
