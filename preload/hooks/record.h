/*
 * record.h - calls of hooked functions become events of the trace, or what is kept in their place.
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_RECORD_H
#define PRELOAD_HOOKS_RECORD_H

#include "preload/hooks/call.h"
#include "preload/hooks/fates.h"
#include "preload/hooks/object_fates.h"
#include "preload/hooks/roots.h"
#include "preload/trace/stream.h"

/* SIZE as what it takes of a pool; as it is where that is more than a young one has. */
static inline uint64_t call_rounded(const struct hook *hook, uint64_t size)
{
    const uint64_t align = hook->system->align; /* of those with young pools, a power of two */
    return size <= YOUNG_BYTES_MAX ? (size + align - 1) & -align : size;
}

/* In place of POOL, which is where the program is at, when something of another is given back. */
static inline uint64_t record_written(uint64_t pool)
{
    const uint64_t above = generation_pools ? fate_written_above(generation_pools, pool) : pool;
    return above ? above : pool;
}

/* CALL of HOOK at STACK, as it matters to young pools. */
static inline struct generation_call call_generation(const struct hook *hook,
                                                     const struct call *call, uint32_t stack)
{
    const bool made = hook->role == API_CREATE;
    return (struct generation_call){
        .role = hook->role,
        .keeps_children = hook->keeps_children,
        .held = (made || hook->role == API_CLEAR) && roots_hold(hook->system, call->pool),
        .stack = stack,
        .name_id = call->name_id,
        .pool = call->pool,
        .parent = made || hook->role == API_SET_PARENT ? call->parent : 0,
        .start = call->start,
        .object = call->object,
        .resized = call->resized,
        .size = call_rounded(hook, call->size),
        .asked = call->size,
        .name = (const char *)call->name,
        .system = hook->system};
}

/* CALL of HOOK at STACK as an event, or as several. A name that nobody gave is told before, or
 * there is none. */
void record_event(struct stream *stream, const struct hook *hook, const struct call *call,
                  uint32_t stack);

/* The same, with all that is to be told before, or what is kept in its place. */
void record_call(struct stream *stream, const struct hook *hook, const struct call *call,
                 uint32_t stack);

/* What is known beside the trace, of CALL on a pool that is not in it. */
void record_young(struct stream *stream, const struct hook *hook, const struct call *call);

/* SIZE bytes were taken from POOL. */
void record_taken(struct stream *stream, const struct hook *hook, uint64_t pool, uint32_t stack,
                  uint64_t size);

/* What POOL took that is about to end, and nobody told of. */
void record_last_growth(struct stream *stream, const struct hook *hook, uint64_t pool,
                        uint32_t stack);

#endif
