/*
 * stack_reach.h - how far the stack that a stack pointer is on can be read.
 *
 * The stack that the kernel or the C library gave the thread stays as it is while the thread is
 * there: all between a stack pointer on it and its end can be read. On any other one - a
 * coroutine's, a signal handler's - only so far as the kernel says it can, at the moment: another
 * may lie there the next time, and end elsewhere.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_STACK_REACH_H
#define PRELOAD_UNWIND_STACK_REACH_H

#include <stdbool.h>
#include <stdint.h>

struct stack_reach {
    uint64_t top; /* what lies below, from the stack pointer on, can be read */
    bool own;     /* it is the thread's own stack, and ends there */
};

/* Learns where the first thread's stack may reach. Once, by that thread. */
void stack_reach_setup(void);

/* Is SP on the thread's own stack, which goes down from there by SIZE bytes and more? False as well
 * where that is not known. */
bool stack_reach_goes_down(uint64_t sp, uint64_t size);

/* From SP, a stack pointer as it is after a return: the word below it can be read. */
struct stack_reach stack_reach_from(uint64_t sp);

/* From SP, of which nothing is known. */
struct stack_reach stack_reach_unknown(uint64_t sp);

/* Of another stack than the thread's own: makes it reach END. False: it does not, as the memory
 * ends before. Async-signal-safe, as the two above. */
bool stack_reach_extend(struct stack_reach *reach, uint64_t end);

#endif
