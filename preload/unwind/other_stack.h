/* other_stack.h - runs a function on another stack. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_UNWIND_OTHER_STACK_H
#define PRELOAD_UNWIND_OTHER_STACK_H

/* Calls FUNCTION with ARGUMENT on the stack that ends (its highest address, a multiple of 16) at
 * END. */
void call_on_stack(void (*function)(void *argument), void *argument, void *end);

#endif
