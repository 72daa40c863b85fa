/*
 * spare_stack.h - what takes more of the stack than the program may have left there, such as a
 * handler on an alternate stack of the least size, is done on another one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_SPARE_STACK_H
#define PRELOAD_HOOKS_SPARE_STACK_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes that are there for what a call takes that is not known yet, and for a walk. */
#define STACK_OF_CALLS (3u << 10)
#define STACK_OF_WALKS (24u << 10)

/*
 * Calls FUNCTION with DATA, where NEED bytes of the stack are there for it: on the caller's, or,
 * with signals blocked, on one that is mapped meanwhile. False: neither is to be had, and it was
 * not called. Async-signal-safe; errno stays.
 */
bool spare_stack_call(size_t need, void (*function)(void *data), void *data);

#endif
