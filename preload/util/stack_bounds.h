/* stack_bounds.h - the stack that signal handlers run on. Async-signal-safe. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_UTIL_STACK_BOUNDS_H
#define PRELOAD_UTIL_STACK_BOUNDS_H

#include "preload/util/system_calls.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

static inline bool stack_holds(const stack_t *stack, uint64_t sp)
{
    return !(stack->ss_flags & SS_DISABLE) &&
           sp - (uint64_t)(uintptr_t)stack->ss_sp < stack->ss_size;
}

/* The thread's stack for signal handlers; disabled when it has none. */
static inline stack_t stack_of_handlers(void)
{
    stack_t stack = {.ss_flags = SS_DISABLE};
    if (system_calls_may(CALL_HANDLERS))
        sigaltstack(NULL, &stack);
    return stack;
}

#endif
