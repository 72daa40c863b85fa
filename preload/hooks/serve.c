/* serve.c - allocations on pages of their own, in place of a function (serve.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/serve.h"

#include "preload/guard/slots.h"
#include "preload/hooks/call_stack.h"
#include "preload/hooks/roots.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/unwind/stack_cache.h"

#include <stddef.h>

/* Who interrupts the recorder, or is new to it, is not served. What is not remembered may be a
 * backtrace that never came before. */
bool serve_asks(const struct hook *hook, const struct entry_frame *frame)
{
    if (!operand_word(&hook->direct.pool, frame) || !operand_word(&hook->direct.size, frame))
        return false;
    struct stream *stream = stream_enter_fast(frame);
    if (!stream)
        return false;
    const struct cached_stack *cached = stack_cache_find(stream->cache, &frame->start);
    const bool asks = !cached || serve_may(stream, hook, cached->id);
    stream->asked = cached ? cached->id : TRACE_NO_STACK;
    stream->asked_sp = cached ? frame->start.sp : 0;
    stream_leave_fast();
    return asks;
}

/* On a guarded page, if there is one; else 0. */
static uint64_t take(const struct hook *hook, uint64_t pool, uint64_t size, bool front)
{
    const uint64_t at = size <= SLOT_BYTES ? slots_take(pool, size, hook->serves, front) : 0;
    trace_file_count_guarded(at                  ? TRACE_GUARDED_SERVED
                             : size > SLOT_BYTES ? TRACE_GUARDED_LARGE
                                                 : TRACE_GUARDED_FULL);
    return at;
}

/* On a page of its own, or 0. */
static uint64_t serve(struct stream *stream, const struct hook *hook, uint64_t pool, uint64_t size,
                      uint32_t stack)
{
    bool front;
    if (!hook->system->begins_units) /* nothing tells when it would be at work */
        sampling_at_work();
    if (guard_is_on() && sampling_take(stack, &front))
        return take(hook, pool, size, front);
    return stale_is_on() ? stale_take(stream, pool, size, stack) : 0;
}

uint64_t serve_call(const struct hook *hook, const struct entry_frame *frame)
{
    const uint64_t pool = operand_word(&hook->direct.pool, frame);
    const uint64_t size = operand_word(&hook->direct.size, frame);
    struct stream *stream = pool && size ? stream_enter_at(frame) : NULL;
    if (!stream)
        return 0;
    const uint32_t found = serve_found(stream, frame);
    const uint32_t stack = found ? found : call_stack(stream, frame);
    const uint64_t at = serve(stream, hook, pool, size, stack);
    if (at) {
        roots_note(stream, hook->system, 0, false);
        event_guarded(stream, pool, stack, size, at);
    }
    stream_leave();
    return at;
}
