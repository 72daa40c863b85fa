/*
 * interrupted.h - what a signal interrupted: for handlers of the recorder's own.
 *
 * Async-signal-safe but for interrupted_setup().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_INTERRUPTED_H
#define PRELOAD_GUARD_INTERRUPTED_H

#include "preload/trace/stream.h"
#include "preload/unwind/backtrace.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/* KNOWN: whether the process is one that has a trace; a child becomes one when it is asked. Once,
 * before main. */
void interrupted_setup(bool (*known)(void));

/* A stream to tell it in, to be left by stream_leave(); NULL: there is none. */
struct stream *interrupted_enter(void);

/* Where the handler that calls this returns to; CONTEXT is its third argument. */
#define INTERRUPTED_START(context)                                                                 \
    interrupted_start(context, (uint64_t)(uintptr_t)__builtin_return_address(0))
struct unwind_start interrupted_start(const ucontext_t *context, uint64_t returns);

/* Did the program jump to where there is no code? */
bool interrupted_jump(const siginfo_t *info, const ucontext_t *context);

/* The backtrace of what was interrupted, with HANDLER as INTERRUPTED_START() told it. JUMP, or
 * NULL: the registers after such a jump, which is the innermost frame. */
uint32_t interrupted_stack(struct stream *stream, const struct unwind_start *handler,
                           const ucontext_t *jump);

#endif
