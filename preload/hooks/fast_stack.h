/*
 * fast_stack.h - the backtrace of a call on the fast path.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_FAST_STACK_H
#define PRELOAD_HOOKS_FAST_STACK_H

#include "preload/hooks/entry.h"
#include "preload/unwind/stack_cache.h"

/* The backtrace of what needs nothing new: it is cached, and there are ROOM bytes for events.
 * NULL: it is not. */
static inline const struct cached_stack *fast_find(struct stream *stream,
                                                   const struct entry_frame *frame, size_t room)
{
    const struct cached_stack *cached = stack_cache_find(stream->cache, &frame->start);
    if (__builtin_expect(!cached, false))
        stream->missed = true;
    return cached && stream_has_room(stream, room) ? cached : NULL;
}

/* The same, its id; TRACE_NO_STACK: it is not. */
static inline uint32_t fast_stack(struct stream *stream, const struct entry_frame *frame,
                                  size_t room)
{
    const struct cached_stack *cached = fast_find(stream, frame, room);
    return cached ? cached->id : TRACE_NO_STACK;
}

#endif
