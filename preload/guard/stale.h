/*
 * stale.h - LIFEGUARD_STALE: of sampled allocations that outlive the unit of work that they were
 * taken in, it is seen whether they are used after that, and told in the trace.
 *
 * Each has a page of its own (stale_pages.h), which no access of the program fails on. Looks are
 * taken when a unit ends, at most one in 10 ms, when a pool ends, and when the process does: what
 * is found used then was so since the look before. A sampled allocation that ends with its pool in
 * its unit is no case, and told of no more. Async-signal-safe but for stale_setup(); errno stays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_STALE_H
#define PRELOAD_GUARD_STALE_H

#include "preload/guard/stale_sites.h"
#include "preload/trace/stream.h"

#include <stdbool.h>
#include <stdint.h>

/* EVERY: see stale_sites.h. Once, before main. NULL: it is on; else why it cannot be. */
const char *stale_setup(uint32_t every);
extern bool stale_on;

static inline bool stale_is_on(void)
{
    return stale_on;
}

/* May allocations of STREAM be sampled now? IN_TIME: units of work are not told of, seconds stand
 * in for them. */
bool stale_may_take(struct stream *stream, bool in_time);

/* Is an allocation of STREAM at STACK one that stale_take() is to be asked for? Else it is counted,
 * as most are. */
static inline bool stale_asks(struct stream *stream, uint32_t stack, bool in_time)
{
    const bool is_due = stale_sites_may_take(stack);
    return (is_due || in_time) && stale_may_take(stream, in_time) && is_due;
}

/* SIZE bytes, zeroed, for POOL, at a multiple of 64; 0: not this one. The trace is told by the
 * caller. */
uint64_t stale_take(const struct stream *stream, uint64_t pool, uint64_t size, uint32_t stack);

/* A unit of work begins in the thread of STREAM, and the one before ends; the last one ends. */
void stale_unit_begins(struct stream *stream);
void stale_units_end(struct stream *stream);

/* POOL was made; is about to end or to be cleared; has been, which need not be told where it may
 * have nothing. */
void stale_pool_made(struct stream *stream, uint64_t pool);
void stale_pool_ends(uint64_t pool);
bool stale_may_end(uint64_t pool); /* false: it need be told of neither */
bool stale_may_have(uint64_t pool);
void stale_pool_ended(struct stream *stream, uint64_t pool);

/* Tells what was used so far: before the process ends, or its memory is read by the recorder. Then
 * stale_look_away() is to follow: what the recorder touched in between is no use. */
void stale_look(struct stream *stream);
void stale_look_away(void);

/* Calls SEEN for each that is alive: of which pool, from where to where. */
void stale_each(void (*seen)(void *data, uint64_t pool, uint64_t begin, uint64_t end), void *data);

/* Around any fork, right before and right after, in the thread that forks; and in its child, before
 * anything is done there. */
void stale_fork_begins(void);
void stale_fork_done(void);
void stale_forked(void);

/* A fork comes that these are not called around: what is there is not looked at any more. Beside
 * other threads it cannot be copied, and until the child does something with pools, both write to
 * the same pages. */
void stale_bare_fork(void);

#endif
