/*
 * growth.h - what a pool grew by while a function ran that allocates by code of its own, and whose
 * size no argument tells. What others told of that pool meanwhile, which that function called, is
 * not told again.
 */
#ifndef PRELOAD_HOOKS_GROWTH_H
#define PRELOAD_HOOKS_GROWTH_H

#include "preload/hooks/hook.h"
#include "preload/trace/stream.h"

/* Before a call of HOOK, which is measured, and whose pool is among what FRAME keeps. */
void growth_begin(struct stream *stream, const struct hook *hook, struct entry_frame *frame);

/* After it: bytes that the pool grew by and that nobody told of. */
uint64_t growth_end(struct stream *stream, const struct hook *hook,
                    const struct entry_frame *frame);

/* SIZE bytes are told of, of the pool that is measured, which is of HOOK's system. */
void growth_count(struct stream *stream, const struct hook *hook, uint64_t size);

/* SIZE bytes of POOL, of HOOK's system, are told of. */
static inline void growth_told(struct stream *stream, const struct hook *hook, uint64_t pool,
                               uint64_t size)
{
    if (__builtin_expect(pool == stream->watched, false))
        growth_count(stream, hook, size);
}

#endif
