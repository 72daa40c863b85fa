/* crash.c - notes signals that end a program; see crash.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/guard/crash.h"

#include "preload/guard/disposition.h"
#include "preload/guard/interrupted.h"
#include "preload/trace/definitions.h"
#include "preload/trace/file.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/util/system_calls.h"

#include <errno.h>
#include <ucontext.h>
#include <unistd.h>

#define NOTED_MOST 16u /* in a process: there are programs that live with such signals */

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP, SIGSYS};

static bool on;
FORKED static uint32_t noted;

_Static_assert(TRACE_REGISTERS == REG_EFL + 1, "those that the kernel lists first");

/* Is the address that comes with the signal one that the program touched? */
static bool has_address(const siginfo_t *info)
{
    const int signal = info->si_signo;
    return info->si_code > 0 && info->si_code != SI_KERNEL &&
           (signal == SIGSEGV || signal == SIGBUS || signal == SIGILL || signal == SIGFPE);
}

static void write_note(struct stream *stream, const siginfo_t *info, const ucontext_t *context,
                       const struct unwind_start *handler)
{
    struct trace_crash crash = {
        .code = info->si_code,
        .signal = (uint32_t)info->si_signo,
        .how = (disposition_is_handled(info->si_signo) ? TRACE_CRASH_HANDLED : 0) |
               (has_address(info) ? TRACE_CRASH_ADDRESS : 0),
    };
    if (has_address(info))
        crash.address = (uint64_t)(uintptr_t)info->si_addr;
    for (unsigned i = 0; i < TRACE_REGISTERS; i++)
        crash.registers[i] = (uint64_t)context->uc_mcontext.gregs[i];
    crash.stack =
        interrupted_stack(stream, handler, interrupted_jump(info, context) ? context : NULL);
    crash.tick = stream_tick(stream, 0, 0);
    stream->epoch = 0; /* what comes after has a later time */
    const struct definition_part part = {&crash, sizeof(crash)};
    definition_write(stream, TRACE_RECORD_CRASH, &part, 1);
}

/* A child of vfork() has its parent's memory, and is not it. */
static bool is_own(void)
{
    const struct trace_header *header = trace_file_header();
    return header && (!system_calls_may(CALL_PROCESS) || getpid() == header->pid);
}

void crash_note(const siginfo_t *info, const void *context, const struct unwind_start *handler)
{
    const bool sent = info->si_code <= 0;
    if (!on || (sent && disposition_ignores(info->si_signo)))
        return;
    struct stream *stream = interrupted_enter();
    if (!stream)
        return;
    if (is_own() && __atomic_fetch_add(&noted, 1, __ATOMIC_RELAXED) < NOTED_MOST)
        write_note(stream, info, context, handler);
    stream_leave();
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    const struct unwind_start handler = INTERRUPTED_START(context);
    const int error = errno;
    crash_note(info, context, &handler);
    errno = error;
    disposition_pass_on(signal, info, context);
}

bool crash_setup(void)
{
    bool all = true;
    for (unsigned i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        all &= disposition_keep(signals[i], on_signal, false);
    on = true;
    return all;
}

void crash_forked(void)
{
    noted = 0;
    disposition_forked();
}
