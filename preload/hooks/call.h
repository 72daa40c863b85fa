/*
 * call.h - what a call of a hooked function does, as its registers and the program's memory tell.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_CALL_H
#define PRELOAD_HOOKS_CALL_H

#include "preload/hooks/hook.h"

struct call {
    uint64_t pool, parent, size, name;
    uint64_t object, resized; /* an allocation; where it is after the call. Of API_CREATE, `object`
                                 is what the pool's blocks are by, or 0 */
    const struct unwind_start *start; /* where the caller is */
    uint32_t name_id;                 /* 0: not known yet */
    bool anew; /* of API_REALLOC alone: the pool was made by what it calls, and is only named */
};

/* As it is now or, where the function may have changed what tells it, was before. False: it has
 * no value. */
static inline bool call_value(const struct hook *hook, enum hook_value which,
                              const struct entry_frame *frame, uint64_t *value)
{
    *value = 0;
    if (!(hook->given & 1u << which))
        return true;
    if (!(hook->keeps & 1u << which))
        return operand_read(&hook->values[which], frame, value);
    *value = frame->kept[which];
    return frame->known & 1u << which;
}

static inline bool call_succeeded(const struct hook *hook, const struct entry_frame *frame)
{
    if (hook->success == API_ALWAYS)
        return true;
    return hook->success == API_RETURNS ? (uint32_t)frame->result == hook->returned
                                        : frame->result != hook->returned;
}

/* The pool that must have been there before the call. */
static inline uint64_t call_pool_before(const struct hook *hook, const struct call *call)
{
    return hook->role == API_CREATE ? call->parent : call->pool;
}

/* Whether the call does anything to a pool: what. Async-signal-safe. */
bool call_read(const struct hook *hook, const struct entry_frame *frame, struct call *call);

#endif
