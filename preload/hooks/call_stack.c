/* call_stack.c - the backtrace of a call of a hooked function; see call_stack.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/call_stack.h"

#include "preload/unwind/backtraces.h"
#include "preload/unwind/scratch.h"
#include "preload/unwind/stack_cache.h"
#include "preload/unwind/unwind.h"

#include <string.h>

uint32_t call_stack(struct stream *stream, const struct entry_frame *frame)
{
    const struct unwind_start *start = &frame->start;
    uint32_t id = stream->missed ? TRACE_NO_STACK : unwind_recall(stream, start);
    stream->missed = false;
    if (id != TRACE_NO_STACK)
        return id;
    struct scratch *scratch = scratch_of(stream);
    if (!scratch)
        return TRACE_NO_STACK;
    unwind_take(stream, scratch, start);
    id = backtraces_intern(stream, &scratch->backtrace);
    if (stack_cache_seen(&stream->cache, start, id))
        stack_cache_put(&stream->cache, start, &scratch->trail, id);
    return id;
}

uint32_t call_stack_within(struct stream *stream, const struct entry_frame *frame, uint64_t address)
{
    struct scratch *scratch = scratch_of(stream);
    if (!scratch)
        return TRACE_NO_STACK;
    unwind_take(stream, scratch, &frame->start);
    unwind_begin_within(&scratch->backtrace, address);
    return backtraces_intern(stream, &scratch->backtrace);
}

uint32_t call_stack_of(struct stream *stream, uint64_t address)
{
    struct scratch *scratch = scratch_of(stream);
    if (!scratch)
        return TRACE_NO_STACK;
    memset(&scratch->backtrace, 0, sizeof(scratch->backtrace));
    unwind_begin_within(&scratch->backtrace, address);
    return backtraces_intern(stream, &scratch->backtrace);
}
