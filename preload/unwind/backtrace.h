/*
 * backtrace.h - where a backtrace begins, and what it is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_BACKTRACE_H
#define PRELOAD_UNWIND_BACKTRACE_H

#include "preload/trace/format.h"

#include <stdbool.h>
#include <stdint.h>

/* The registers of the caller at the moment of its call, as after the return. */
struct unwind_start {
    uint64_t ip, sp, rbp, rbx, r12, r13, r14, r15;
};

struct backtrace {
    uint64_t frames[TRACE_DEPTH_MAX]; /* innermost first, see TRACE_RECORD_STACK */
    unsigned depth;
    bool cut : 1;               /* there were more */
    bool incomplete : 1;        /* it ends at code without an unwind table, or where libunwind would
                                   be needed and is not there */
    bool ours : 1;              /* a frame may be the recorder's own */
    bool bottom : 1;            /* it ends where a stack does, by what lies above that */
    bool signals : 1;           /* a frame may be one that a signal interrupted */
    uint64_t stub_sp, stub_rbp; /* libunwind ended at a stub, with these registers; 0: it did not */
    uint64_t signal_sp;         /* rsp at the latest signal frame that rules led to; 0: none */
    unsigned signal_at;         /* index of that frame */
};

#endif
