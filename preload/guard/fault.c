/* fault.c - tells touches of what is guarded; see fault.h. */
#define _GNU_SOURCE
#include "preload/guard/fault.h"

#include "preload/guard/disposition.h"
#include "preload/guard/slots.h"
#include "preload/trace/events.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/scratch.h"
#include "preload/unwind/unwind.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

/* Bits of what the processor says of a page fault. */
enum { FAULT_WRITES = 1 << 1, FAULT_FETCHES = 1 << 4 };

static bool stops;

/* Where the signal came: the frame that the handler returns to is not the program's. */
static uint32_t take_stack(struct stream *stream, const struct unwind_start *handler)
{
    struct scratch *scratch = scratch_of(stream);
    if (!scratch)
        return TRACE_NO_STACK;
    struct backtrace *backtrace = &scratch->backtrace;
    unwind_take(stream, scratch, handler);
    if (backtrace->depth > 1)
        memmove(backtrace->frames, backtrace->frames + 1,
                --backtrace->depth * sizeof(backtrace->frames[0]));
    return backtraces_intern(stream, backtrace);
}

static void tell(const struct slots_hit *hit, uint64_t address, bool writes,
                 const struct unwind_start *handler)
{
    struct stream *stream = stream_enter();
    if (!stream)
        return;
    const unsigned how = (writes ? TRACE_FAULT_WRITE : 0) | (hit->dead ? TRACE_FAULT_DEAD : 0);
    event_fault(stream, hit->pool, take_stack(stream, handler), hit->start, how,
                address - hit->start);
    stream_leave();
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
    const struct unwind_start handler = {
        .ip = (uint64_t)(uintptr_t)__builtin_return_address(0),
        .sp = (uint64_t)(uintptr_t)context,
        .rbp = (uint64_t)interrupted->uc_mcontext.gregs[REG_RBP],
    };
    const bool ours = info->si_code == SEGV_ACCERR &&
                      is_let_through((uint64_t)(uintptr_t)info->si_addr,
                                     (uint64_t)interrupted->uc_mcontext.gregs[REG_ERR], &handler);
    errno = error;
    if (!ours)
        disposition_pass_on(signal, info, context);
}

bool fault_setup(bool stop)
{
    stops = stop;
    return disposition_keep(SIGSEGV, on_fault);
}
