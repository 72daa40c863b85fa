/* stack_bounds.h - where the stack ends that a stack pointer is on. Async-signal-safe. */
#ifndef LIFEGUARD_STACK_BOUNDS_H
#define LIFEGUARD_STACK_BOUNDS_H

#include <pthread.h>
#include <stdint.h>

/* Further than this from the end of its stack, a stack pointer is taken to be on another one. */
#define STACK_REACH (64u << 20) /* bytes */

extern void *__libc_stack_end; /* the loader's: where the first thread's stack ends */

/* The end (highest address) of the thread's own stack, if SP is on it; 0: it is on another. */
static inline uint64_t stack_top(uint64_t sp)
{
    uint64_t thread = (uint64_t)pthread_self(); /* lies right above a thread's stack */
    if (sp < thread && thread - sp < STACK_REACH)
        return thread;
    uint64_t first = (uint64_t)__libc_stack_end;
    return sp < first && first - sp < STACK_REACH ? first : 0;
}

#endif
