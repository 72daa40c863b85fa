/* call.c - what a call of a hooked function does; see call.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/call.h"

#include "preload/hooks/roots.h"

/* What VALUE was before the call, and is now. */
static bool read_both(const struct hook *hook, enum hook_value which,
                      const struct entry_frame *frame, uint64_t *before, uint64_t *now)
{
    return call_value(hook, which, frame, before) && operand_read(&hook->values[which], frame, now);
}

/* By how much the size has grown, if that is to be told and nothing else tells it. */
static bool read_growth(const struct hook *hook, const struct entry_frame *frame, uint64_t *size)
{
    uint64_t before, now;
    if (hook->compares && (!read_both(hook, HOOK_SAME, frame, &before, &now) || before != now))
        return false;
    if (!hook->grown)
        return true;
    if (!read_both(hook, HOOK_SIZE, frame, &before, &now) || now <= before)
        return false;
    *size = now - before;
    return true;
}

/* Does the call, on a pool, do anything? */
static inline bool is_event(const struct hook *hook, const struct call *call)
{
    switch (hook->role) {
    case API_SET_NAME:
        return call->name != 0;
    case API_FREE:
        return call->object != 0;
    case API_REALLOC:
        return call->object != 0 || call->resized != 0;
    default:
        return !hook->objects || call->object != 0;
    }
}

/* Of a call whose values are all words of the frame, or numbers. */
static bool read_plain(const struct hook *hook, const struct entry_frame *frame, struct call *call)
{
    const struct operand *values = hook->values;
    call->resized = 0;
    call->name_id = 0;
    call->start = &frame->start;
    call->pool = operand_sum(&values[HOOK_POOL].direct, frame);
    if (!call_succeeded(hook, frame) || call->pool == 0)
        return false;
    call->size = operand_sum(&values[HOOK_SIZE].direct, frame);
    call->name = operand_sum(&values[HOOK_NAME].direct, frame);
    call->object = operand_sum(&values[HOOK_OBJECT].direct, frame);
    call->parent = operand_sum(&values[HOOK_PARENT].direct, frame);
    return true;
}

/* Without a parent, it is the root that the description says. */
static void note_orphan(const struct hook *hook, struct call *call)
{
    call->parent = roots_pool(hook->orphans);
    if (call->parent == call->pool) /* the root itself: its variable holds it already */
        call->parent = 0;
}

bool call_read(const struct hook *hook, const struct entry_frame *frame, struct call *call)
{
    if (hook->plain) {
        if (!read_plain(hook, frame, call))
            return false;
        if (call->parent == 0 && hook->orphans)
            note_orphan(hook, call);
        return is_event(hook, call);
    }

    /* The rest is read; an initializer would be a `rep stos`, which takes longer than all of this.
     */
    call->resized = hook->role == API_REALLOC ? frame->result : 0;
    call->name_id = 0;
    call->start = &frame->start;
    if (!call_succeeded(hook, frame) || !call_value(hook, HOOK_POOL, frame, &call->pool))
        return false;
    /* What resizes a pool may make one instead, with a function that is hooked itself. */
    call->anew = call->pool == 0 && call->resized != 0 && hook->given & 1u << HOOK_NAME;
    call->pool = call->anew ? call->resized : call->pool;
    if (call->pool == 0 || !call_value(hook, HOOK_SIZE, frame, &call->size) ||
        !read_growth(hook, frame, &call->size))
        return false;
    call_value(hook, HOOK_NAME, frame, &call->name);
    call_value(hook, HOOK_OBJECT, frame, &call->object);
    if (!call_value(hook, HOOK_PARENT, frame, &call->parent) || call->parent == 0)
        note_orphan(hook, call);
    return is_event(hook, call);
}
