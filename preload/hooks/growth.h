/*
 * growth.h - what pools grew by while a function ran that allocates by code of its own, and whose
 * size, or pool, no argument tells. What others told of those pools meanwhile, which that function
 * called, is not told again. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_GROWTH_H
#define PRELOAD_HOOKS_GROWTH_H

#include "preload/hooks/hook.h"
#include "preload/trace/stream.h"

/* Before a call of HOOK, which is measured, and whose pool is among what FRAME keeps or, where it
 * is a stranger, is looked for. */
void growth_begin(struct stream *stream, const struct hook *hook, struct entry_frame *frame);

/* After it: a pool, and bytes that it grew by and that nobody told of. To be asked again until it
 * returns false: there are no more. */
bool growth_end(struct stream *stream, const struct hook *hook, const struct entry_frame *frame,
                uint64_t *pool, uint64_t *bytes);

/* What POOL grew by, and nobody told of, since the function WITHIN was called. */
struct growth_untold {
    uint64_t pool, bytes, within;
};

/* The same of all calls under way, where the process ends and they do not return. */
bool growth_unfinished(struct stream *stream, const struct pool_system *system,
                       struct growth_untold *found);

/* The same of events, where one is watched. */
void growth_made(struct stream *stream, const struct pool_system *system, uint64_t pool);
/* Of POOL, which is about to end: bytes that it grew by and that nobody told of. */
uint64_t growth_before_end(struct stream *stream, const struct pool_system *system, uint64_t pool);
void growth_emptied(struct stream *stream, uint64_t pool, bool ended);

/* As growth_told(), where one is watched. */
void growth_count(struct stream *stream, const struct hook *hook, uint64_t pool, uint64_t size);

/* SIZE bytes of POOL, of HOOK's system, are told of. */
static inline void growth_told(struct stream *stream, const struct hook *hook, uint64_t pool,
                               uint64_t size)
{
    if (__builtin_expect(stream->watching != 0, false))
        growth_count(stream, hook, pool, size);
}

#endif
