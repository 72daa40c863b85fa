/*
 * serve.h - an allocation that is made in place of the function that would, on a page of its own
 * (preload/guard/slots.h).
 *
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_SERVE_H
#define PRELOAD_HOOKS_SERVE_H

#include "preload/guard/guard.h"
#include "preload/guard/sampling.h"
#include "preload/guard/stale.h"
#include "preload/hooks/hook.h"
#include "preload/trace/stream.h"

/* Is an allocation by HOOK, at STACK, one that serve_call() is to be asked for? Else it is counted.
 * Where no function is hooked that begins units of work, time stands in for them. */
static inline bool serve_may(struct stream *stream, const struct hook *hook, uint32_t stack)
{
    const bool guarded = guard_is_on() && sampling_may_take(stack);
    return (stale_is_on() && stale_asks(stream, stack, !hook->system->begins_units)) || guarded;
}

/* Is the call of HOOK, which serves, one that serve_call() is to be asked for? */
bool serve_asks(const struct hook *hook, const struct entry_frame *frame);

/* The backtrace that was found when that was asked of the call at FRAME, with STREAM; only once.
 * The function itself may have made it return with other registers, but not to another caller.
 * TRACE_NO_STACK: none was. */
static inline uint32_t serve_found(struct stream *stream, const struct entry_frame *frame)
{
    const bool same = stream->asked_sp == frame->start.sp;
    stream->asked_sp = 0;
    return same ? stream->asked : TRACE_NO_STACK;
}

/* The allocation, recorded; 0: it is to be made as ever. */
uint64_t serve_call(const struct hook *hook, const struct entry_frame *frame);

#endif
