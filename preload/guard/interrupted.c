/* interrupted.c - what a signal interrupted; see interrupted.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "preload/guard/interrupted.h"

#include "preload/unwind/backtraces.h"
#include "preload/unwind/scratch.h"
#include "preload/unwind/unwind.h"
#include "preload/util/readable.h"

#include <string.h>

enum { FAULT_FETCHES = 1 << 4 }; /* of what the processor says of a page fault */

static bool (*is_known)(void);

void interrupted_setup(bool (*known)(void))
{
    is_known = known;
}

struct stream *interrupted_enter(void)
{
    return is_known() ? stream_enter() : NULL;
}

struct unwind_start interrupted_start(const ucontext_t *context, uint64_t returns)
{
    return (struct unwind_start){
        .ip = returns,
        .sp = (uint64_t)(uintptr_t)context,
        .rbp = (uint64_t)context->uc_mcontext.gregs[REG_RBP],
    };
}

bool interrupted_jump(const siginfo_t *info, const ucontext_t *context)
{
    const uint64_t rip = (uint64_t)context->uc_mcontext.gregs[REG_RIP];
    return info->si_signo == SIGSEGV && info->si_code > 0 &&
           (context->uc_mcontext.gregs[REG_ERR] & FAULT_FETCHES || rip == 0) &&
           (uint64_t)(uintptr_t)info->si_addr == rip &&
           is_readable((uint64_t)context->uc_mcontext.gregs[REG_RSP]);
}

/* The call that led there left its return address on the stack. */
static void take_after_jump(struct stream *stream, struct scratch *scratch, const ucontext_t *jump)
{
    const greg_t *registers = jump->uc_mcontext.gregs;
    const uint64_t sp = (uint64_t)registers[REG_RSP];
    const struct unwind_start start = {
        .ip = *(const uint64_t *)sp,
        .sp = sp + sizeof(uint64_t),
        .rbp = (uint64_t)registers[REG_RBP],
        .rbx = (uint64_t)registers[REG_RBX],
        .r12 = (uint64_t)registers[REG_R12],
        .r13 = (uint64_t)registers[REG_R13],
        .r14 = (uint64_t)registers[REG_R14],
        .r15 = (uint64_t)registers[REG_R15],
    };
    unwind_take(stream, scratch, &start);
    unwind_begin_within(&scratch->backtrace, (uint64_t)registers[REG_RIP]);
}

uint32_t interrupted_stack(struct stream *stream, const struct unwind_start *handler,
                           const ucontext_t *jump)
{
    struct scratch *scratch = scratch_of(stream);
    if (!scratch)
        return TRACE_NO_STACK;
    struct backtrace *backtrace = &scratch->backtrace;
    if (jump) {
        take_after_jump(stream, scratch, jump);
        return backtraces_intern(stream, backtrace);
    }
    unwind_take(stream, scratch, handler);
    /* The frame that the handler returns to is not the program's. */
    if (backtrace->depth > 1)
        memmove(backtrace->frames, backtrace->frames + 1,
                --backtrace->depth * sizeof(backtrace->frames[0]));
    return backtraces_intern(stream, backtrace);
}
