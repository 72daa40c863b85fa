/*
 * known.h - what is known of a pool beside the trace, from when it is made until it ends.
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_KNOWN_H
#define PRELOAD_HOOKS_KNOWN_H

#include "preload/hooks/growth.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/usage.h"
#include "preload/young/alive.h"

/* Fetches what is kept of POOL, as the program has used the cache for other things since. Nothing
 * is read: in a child that nobody told of it is not there. */
static inline void known_fetch(uint64_t pool)
{
    __builtin_prefetch(naming_place(pool));
    __builtin_prefetch(usage_place(pool));
}

/* POOL of SYSTEM is made: before that is told. */
static inline void known_made(struct stream *stream, const struct pool_system *system,
                              uint64_t pool)
{
    naming_made(stream, system, pool);
    if (system->layout_count > 0 && !system->ends_unseen)
        usage_made(pool);
    if (stream->watching)
        growth_made(stream, system, pool);
    if (system->refills)
        alive_note(pool);
}

/* The same where one of SYSTEM was, which has ended; no pool is watched. */
static inline void known_made_again(const struct pool_system *system, uint64_t pool)
{
    if (system->layout_count > 0 && !system->ends_unseen)
        usage_made(pool);
    if (system->refills)
        alive_note(pool);
}

/* It ends, and may still be looked at. TOLD: what naming_find() finds of it. */
static inline void known_ends_told(struct stream *stream, const struct pool_system *system,
                                   uint64_t pool, struct name_told *told)
{
    naming_ended(stream, pool, told);
    if (stream->watching)
        growth_emptied(stream, pool, true);
    if (system->refills)
        alive_forget(pool);
}

static inline void known_ends(struct stream *stream, const struct pool_system *system,
                              uint64_t pool)
{
    known_ends_told(stream, system, pool, naming_find(pool));
}

#endif
