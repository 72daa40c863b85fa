/*
 * crash.h - LIFEGUARD_CRASH: signals that end a program are noted in the trace, with where they
 * came; then the program's own disposition acts, as if the recorder had none.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_CRASH_H
#define PRELOAD_GUARD_CRASH_H

#include "preload/unwind/backtrace.h"

#include <signal.h>
#include <stdbool.h>

/* Handles them all from now on. Once, before main. False: not all of them can be. */
bool crash_setup(void);

/* In the child of a fork. */
void crash_forked(void);

/* In a handler of the recorder's that a signal came to, which is not its own: notes it, where that
 * is asked for. Async-signal-safe; errno is not kept. */
void crash_note(const siginfo_t *info, const void *context, const struct unwind_start *handler);

#endif
