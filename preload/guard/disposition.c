/* disposition.c - a signal that the recorder and the program handle; see disposition.h. */
#define _GNU_SOURCE
#include "preload/guard/disposition.h"

#include "preload/util/forked.h"
#include "preload/util/signals.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static int kept; /* the signal; 0: none */
static void (*first)(int, siginfo_t *, void *);
static struct sigaction program; /* what the program has */
static disposition_action *real_sigaction;
FORKED static int busy;

/* What the kernel has: the recorder's handler, in the program's manner. */
static int tell_kernel(const struct sigaction *wanted)
{
    struct sigaction action = *wanted;
    const bool handles = wanted->sa_handler != SIG_DFL && wanted->sa_handler != SIG_IGN;
    action.sa_sigaction = first;
    action.sa_flags = handles ? action.sa_flags & ~SA_RESETHAND : 0;
    action.sa_flags |= SA_SIGINFO;
    if (!handles)
        action.sa_mask = (sigset_t){0};
    return real_sigaction(kept, &action, NULL);
}

bool disposition_keep(int signal, void (*handler)(int, siginfo_t *, void *))
{
    disposition_action *real = (disposition_action *)dlsym(RTLD_NEXT, "sigaction");
    if (!real || real(signal, NULL, &program) != 0)
        return false;
    real_sigaction = real;
    first = handler;
    kept = signal;
    if (tell_kernel(&program) == 0)
        return true;
    kept = 0;
    return false;
}

bool disposition_keeps(int signal)
{
    return kept != 0 && signal == kept;
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
    if (!disposition_keeps(signal))
        return real(signal, action, old);
    /* Both may be anywhere, the program's mistakes its own: they are touched outside the lock. */
    const struct sigaction wanted = action ? *action : (struct sigaction){0};
    const uint64_t before = lock();
    const struct sigaction had = program;
    const int result = action ? tell_kernel(&wanted) : 0;
    if (action && result == 0)
        program = wanted;
    unlock(before);
    if (old)
        *old = had;
    return result;
}

/* What the program has for this time. */
static struct sigaction take(void)
{
    const uint64_t before = lock();
    const struct sigaction now = program;
    const bool handles = now.sa_handler != SIG_DFL && now.sa_handler != SIG_IGN;
    if (handles && now.sa_flags & (int)SA_RESETHAND) {
        program.sa_handler = SIG_DFL;
        tell_kernel(&program);
    }
    unlock(before);
    return now;
}

/* The instruction that faulted is run again; what was sent is sent again, to this thread. */
static void end_by(int signal, siginfo_t *info)
{
    const struct sigaction action = {.sa_handler = SIG_DFL};
    real_sigaction(signal, &action, NULL);
    if (info->si_code <= 0)
        syscall(SYS_rt_tgsigqueueinfo, getpid(), (pid_t)syscall(SYS_gettid), signal, info);
}

void disposition_pass_on(int signal, siginfo_t *info, void *context)
{
    const int error = errno;
    const struct sigaction action = take();
    const bool sent = info->si_code <= 0;
    if (action.sa_handler == SIG_DFL || (action.sa_handler == SIG_IGN && !sent))
        end_by(signal, info);
    errno = error;
    if (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN)
        return;
    if (action.sa_flags & SA_SIGINFO)
        action.sa_sigaction(signal, info, context);
    else
        action.sa_handler(signal);
}
