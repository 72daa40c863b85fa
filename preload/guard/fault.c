/* fault.c - tells touches of what is guarded; see fault.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/guard/fault.h"

#include "preload/guard/crash.h"
#include "preload/guard/disposition.h"
#include "preload/guard/interrupted.h"
#include "preload/guard/slots.h"
#include "preload/trace/events.h"

#include <errno.h>
#include <signal.h>
#include <ucontext.h>

/* Bits of what the processor says of a page fault. */
enum { FAULT_WRITES = 1 << 1, FAULT_FETCHES = 1 << 4 };

static bool stops;

static void tell_at(struct stream *stream, const struct slots_hit *hit, uint64_t address,
                    bool writes, uint32_t stack)
{
    const unsigned how = (writes ? TRACE_FAULT_WRITE : 0) | (hit->dead ? TRACE_FAULT_DEAD : 0);
    event_fault(stream, hit->pool, stack, hit->start, how, address - hit->start);
}

static void tell(const struct slots_hit *hit, uint64_t address, bool writes,
                 const struct unwind_start *handler)
{
    struct stream *stream = interrupted_enter();
    if (!stream)
        return;
    tell_at(stream, hit, address, writes, interrupted_stack(stream, handler, NULL));
    stream_leave();
}

void fault_tell_call(struct stream *stream, uint64_t address, bool writes, uint32_t stack)
{
    struct slots_hit hit;
    if (!slots_find(address, &hit) || hit.open)
        return;
    tell_at(stream, &hit, address, writes, stack);
    if (!stops)
        slots_open(&hit);
}

/* Is the touch of ADDRESS told, and can be done now? */
static bool is_let_through(uint64_t address, uint64_t error, const struct unwind_start *handler)
{
    struct slots_hit hit;
    if (error & FAULT_FETCHES || !slots_find(address, &hit))
        return false;
    if (hit.open)
        return true;
    tell(&hit, address, error & FAULT_WRITES, handler);
    return !stops && slots_open(&hit);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    const ucontext_t *interrupted = context;
    const int error = errno;
    const struct unwind_start handler = INTERRUPTED_START(interrupted);
    const bool ours = (info->si_code == SEGV_ACCERR || info->si_code == SEGV_MAPERR) &&
                      is_let_through((uint64_t)(uintptr_t)info->si_addr,
                                     (uint64_t)interrupted->uc_mcontext.gregs[REG_ERR], &handler);
    if (!ours)
        crash_note(info, context, &handler);
    errno = error;
    if (!ours)
        disposition_pass_on(signal, info, context);
}

bool fault_setup(bool stop)
{
    stops = stop;
    return disposition_keep(SIGSEGV, on_fault, true);
}
