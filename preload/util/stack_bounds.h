/* stack_bounds.h - where the stack ends that a stack pointer is on. Async-signal-safe. */
#ifndef PRELOAD_UTIL_STACK_BOUNDS_H
#define PRELOAD_UTIL_STACK_BOUNDS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Further than this from the end of its stack, a stack pointer is taken to be on another one. */
#define STACK_REACH (64u << 20) /* bytes */

extern void *__libc_stack_end; /* the loader's: where the first thread's stack ends */

static inline bool stack_holds(const stack_t *stack, uint64_t sp)
{
    return !(stack->ss_flags & SS_DISABLE) &&
           sp - (uint64_t)(uintptr_t)stack->ss_sp < stack->ss_size;
}

/* The thread's stack for signal handlers; disabled when it has none. */
static inline stack_t stack_of_handlers(void)
{
    stack_t stack = {.ss_flags = SS_DISABLE};
    sigaltstack(NULL, &stack);
    return stack;
}

/* The end (highest address) of the thread's stack that SP is on; 0: it is neither its own nor the
 * one for signal handlers. */
static inline uint64_t stack_top(uint64_t sp)
{
    uint64_t thread = (uint64_t)pthread_self(); /* lies right above a thread's stack */
    if (sp < thread && thread - sp < STACK_REACH)
        return thread;
    uint64_t first = (uint64_t)__libc_stack_end;
    if (sp < first && first - sp < STACK_REACH)
        return first;
    stack_t handlers = stack_of_handlers();
    return stack_holds(&handlers, sp) ? (uint64_t)(uintptr_t)handlers.ss_sp + handlers.ss_size : 0;
}

#endif
