/*
 * fast_objects.h - what most calls that take an object do where pools are young: they are counted,
 * and nothing else is to be known.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_FAST_OBJECTS_H
#define PRELOAD_HOOKS_FAST_OBJECTS_H

#include "preload/hooks/fates.h"
#include "preload/hooks/hook.h"
#include "preload/young/objects.h"

/* Takes SIZE bytes at OBJECT from POOL. False: it is not as usual, and nothing was done. No call
 * is made, so that no register is to be saved. */
static inline __attribute__((always_inline)) bool
fast_object_count(const struct entry_frame *frame, uint64_t pool, uint64_t object, uint64_t size)
{
    struct stream *stream = stream_enter_fast(frame);
    struct young_pools *young = generation_pools;
    if (!stream)
        return false;
    bool counted = false;
    /* Before, a handler may have forked: pools are not young in the child. */
    if (young && !stream->watching && !young->busy && !young->waits && generation_alone()) {
        young->busy = true;
        __asm__ volatile("" ::: "memory"); /* a handler from here on leaves them alone */
        counted = young_object_take(young, pool, object, size);
        __asm__ volatile("" ::: "memory");
        young->busy = false;
    }
    stream_leave_fast();
    return counted;
}

/* A call of HOOK, where pools are young. False: something is otherwise, and nothing was done. */
static inline __attribute__((always_inline)) bool fast_object_take(const struct hook *hook,
                                                                   const struct entry_frame *frame)
{
    uint64_t pool = operand_sum(&hook->direct.pool, frame);
    if (!hook->straight)
        return false;
    if (hook->direct.pool.loads)
        pool = operand_is_address(pool) ? operand_load(pool) : 0;
    const uint64_t object = operand_word(&hook->direct.object, frame);
    return pool && object &&
           fast_object_count(frame, pool, object, operand_word(&hook->direct.size, frame));
}

#endif
