/*
 * unwind.h - the backtrace of a hooked call, exact and without the loader's lock.
 *
 * Each return address has a rule that leads to its caller, read from the unwind tables when it is
 * first seen and remembered; a backtrace is then a few loads a frame. What such a rule cannot
 * express (CFA in memory or in another register, no table at all, a stack whose end is not known)
 * is libunwind's work, which reads memory only through the kernel and so cannot fault.
 *
 * Async-signal-safe but for unwind_setup().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_UNWIND_H
#define PRELOAD_UNWIND_UNWIND_H

#include "preload/trace/stream.h"
#include "preload/unwind/backtrace.h"
#include "preload/unwind/scratch.h"

#include <stdbool.h>
#include <stdint.h>

/* Loads libunwind, privately: its _Unwind_ functions must not serve the program. */
void unwind_setup(bool verify);

/* Why backtraces may end early from then on; NULL: they do not. */
const char *unwind_shortcoming(void);

/* The id of the backtrace that begins at START, if it was taken before and the stack still proves
 * it (stack_cache.h); TRACE_NO_STACK: it must be taken. */
uint32_t unwind_recall(struct stream *stream, const struct unwind_start *start);

/* Is every backtrace compared with libunwind's? */
bool unwind_is_verifying(void);

/* Takes the backtrace that begins at START into SCRATCH, which is STREAM's, and there, too, what it
 * was derived from. Frames of the recorder itself are left out. */
void unwind_take(struct stream *stream, struct scratch *scratch, const struct unwind_start *start);

/* BACKTRACE begins in the function at ADDRESS, which was called where it began. */
void unwind_begin_within(struct backtrace *backtrace, uint64_t address);

/* Code was unloaded: every remembered rule is void. */
void unwind_forget_rules(void);

#endif
