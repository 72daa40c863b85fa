/* signals.h - while no handler is to come: signals blocked, of the calling thread. Not by the C
 * library, which leaves out two of its own. Async-signal-safe. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_UTIL_SIGNALS_H
#define PRELOAD_UTIL_SIGNALS_H

#include "preload/util/system_calls.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What the kernel's set was before. */
static inline uint64_t signals_block(void)
{
    const uint64_t all = UINT64_MAX;
    uint64_t before = 0;
    if (system_calls_may(CALL_MASK))
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
    return before;
}

static inline void signals_restore(uint64_t before)
{
    if (system_calls_may(CALL_MASK))
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
}

#endif
