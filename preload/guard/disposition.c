/* disposition.c - signals that the recorder and the program handle; see disposition.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/guard/disposition.h"

#include "preload/code/next_function.h"
#include "preload/util/forked.h"
#include "preload/util/signals.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What comes first for a signal, and what the program has. */
struct kept {
    void (*first)(int, siginfo_t *, void *);
    struct sigaction program;
    bool always; /* also while the program ignores it */
};

static struct kept kept[DISPOSITIONS_MAX];
static uint8_t places[NSIG]; /* of a signal: number of its kept + 1; 0: none */
static uint8_t kept_count;
static disposition_action *real_sigaction;
FORKED static int busy;

static bool is_handler(const struct sigaction *action)
{
    return action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

static struct kept *find(int signal)
{
    const unsigned place = signal > 0 && signal < NSIG ? places[signal] : 0;
    return place ? &kept[place - 1] : NULL;
}

/* What the kernel has: the recorder's handler, in the program's manner. */
static int tell_kernel(int signal, const struct sigaction *wanted)
{
    struct sigaction action = *wanted;
    const struct kept *of = find(signal);
    const bool handles = is_handler(wanted);
    if (wanted->sa_handler == SIG_IGN && !of->always)
        return real_sigaction(signal, wanted, NULL);
    action.sa_sigaction = of->first;
    action.sa_flags = handles ? action.sa_flags & ~SA_RESETHAND : 0;
    action.sa_flags |= SA_SIGINFO;
    if (!handles)
        action.sa_mask = (sigset_t){0};
    return real_sigaction(signal, &action, NULL);
}

static bool begin(int signal, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction program;
    disposition_action *real = (disposition_action *)next_function("sigaction");
    if (kept_count == DISPOSITIONS_MAX || !real || real(signal, NULL, &program) != 0)
        return false;
    real_sigaction = real;
    kept[kept_count] = (struct kept){handler, program, false};
    places[signal] = ++kept_count;
    return true;
}

bool disposition_keep(int signal, void (*handler)(int, siginfo_t *, void *), bool always)
{
    struct kept *before = find(signal);
    if (before)
        before->first = handler;
    else if (!begin(signal, handler))
        return false;
    find(signal)->always |= always;
    if (tell_kernel(signal, &find(signal)->program) == 0)
        return true;
    places[signal] = 0;
    return false;
}

bool disposition_keeps(int signal)
{
    return find(signal) != NULL;
}

bool disposition_is_handled(int signal)
{
    const struct kept *of = find(signal);
    return of && is_handler(&of->program);
}

bool disposition_ignores(int signal)
{
    const struct kept *of = find(signal);
    return of && of->program.sa_handler == SIG_IGN;
}

void disposition_forked(void)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELAXED);
}

/* A handler of this thread must not come between, nor find it under way. */
static uint64_t lock(void)
{
    const uint64_t before = signals_block();
    while (__atomic_exchange_n(&busy, 1, __ATOMIC_ACQUIRE))
        syscall(SYS_sched_yield);
    return before;
}

static void unlock(uint64_t before)
{
    __atomic_store_n(&busy, 0, __ATOMIC_RELEASE);
    signals_restore(before);
}

int disposition_change(int signal, const struct sigaction *action, struct sigaction *old,
                       disposition_action *real)
{
    struct kept *of = find(signal);
    if (!of)
        return real(signal, action, old);
    /* Both may be anywhere, the program's mistakes its own: they are touched outside the lock. */
    const struct sigaction wanted = action ? *action : (struct sigaction){0};
    const uint64_t before = lock();
    const struct sigaction had = of->program;
    const int result = action ? tell_kernel(signal, &wanted) : 0;
    if (action && result == 0)
        of->program = wanted;
    unlock(before);
    if (old)
        *old = had;
    return result;
}

/* What the program has for this time. */
static struct sigaction take(int signal)
{
    struct kept *of = find(signal);
    const uint64_t before = lock();
    const struct sigaction now = of->program;
    if (is_handler(&now) && now.sa_flags & (int)SA_RESETHAND) {
        of->program.sa_handler = SIG_DFL;
        tell_kernel(signal, &of->program);
    }
    unlock(before);
    return now;
}

/* Would the instruction that is run next bring the signal again? A trap and a call that a filter
 * caught are behind it. */
static bool comes_again(int signal, const siginfo_t *info)
{
    return info->si_code > 0 && signal != SIGTRAP && signal != SIGSYS;
}

/* The instruction that faulted is run again; what was sent is sent again, to this thread. */
static void end_by(int signal, siginfo_t *info)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};
    real_sigaction(signal, &action, NULL);
    if (!comes_again(signal, info))
        syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), signal, info);
}

void disposition_pass_on(int signal, siginfo_t *info, void *context)
{
    const int error = errno;
    const struct sigaction action = take(signal);
    const bool sent = info->si_code <= 0;
    if (action.sa_handler == SIG_DFL || (action.sa_handler == SIG_IGN && !sent))
        end_by(signal, info);
    errno = error;
    if (!is_handler(&action))
        return;
    if (action.sa_flags & SA_SIGINFO)
        action.sa_sigaction(signal, info, context);
    else
        action.sa_handler(signal);
}

/* The kernel has what the program has. */
static void leave(int signal)
{
    const struct sigaction *program = &find(signal)->program;
    if (real_sigaction(signal, program, NULL) == 0)
        places[signal] = 0;
}

void disposition_leave(void)
{
    const int error = errno;
    for (int signal = 1; signal < NSIG; signal++) {
        if (find(signal))
            leave(signal);
    }
    errno = error;
}
