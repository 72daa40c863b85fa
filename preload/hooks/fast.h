/*
 * fast.h - the fast path: what hooks_try() does about the calls of a hook.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_FAST_H
#define PRELOAD_HOOKS_FAST_H

#include "preload/hooks/fates.h"
#include "preload/hooks/hook.h"

/* For hooks that go that way. True: the call is dealt with. Else nothing was done. */
hook_try *fast_try(enum hook_way way);

/* Is HOOK entered by entry_young()? */
bool fast_is_young(const struct hook *hook);

/* SIZE bytes are allocated from POOL: where that is young, and there is nothing to write, they are
 * counted. False: nothing was done. FRAME is an address on the stack, above the caller's frame. */
static inline bool fast_count_young(uint64_t pool, uint64_t size, const void *frame)
{
    if (!pool || !generation_pools || size > YOUNG_BYTES_MAX)
        return false;
    struct stream *stream = stream_enter_fast(frame);
    if (!stream)
        return false;
    const bool counted =
        stream->watching == 0 && generation_take_rounded(pool, size) == GENERATION_YOUNG;
    stream_leave_fast();
    return counted;
}

/* The one for HOOK_FAST. */
bool fast_other(const struct hook *hook, const struct entry_frame *frame);

#endif
