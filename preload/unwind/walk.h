/*
 * walk.h - from a frame to its callers, by remembered rules alone (rules.h).
 *
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_WALK_H
#define PRELOAD_UNWIND_WALK_H

#include "preload/trace/stream.h"
#include "preload/unwind/backtrace.h"
#include "preload/unwind/cached_stack.h"
#include "preload/unwind/stack_reach.h"

#include <stdbool.h>
#include <stdint.h>

struct walk_frame {
    uint64_t ip, sp;
    uint64_t rbp_place; /* where rbp is to be loaded from */
    struct stack_reach reach;
    bool interrupted; /* ip is where a signal came, not a return address */
};

/*
 * Puts FRAME and its callers behind the frames that BACKTRACE has, and what this was derived from
 * into TRAIL. False: rules do not lead to the outermost, and these are the frames up to where they
 * end.
 */
bool walk_callers(struct stream *stream, struct walk_frame *frame, struct backtrace *backtrace,
                  struct stack_trail *trail);

/* Is this the return from a signal handler, at either of its two instructions? */
bool walk_is_sigreturn(uint64_t address);

#endif
