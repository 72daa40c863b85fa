/*
 * generation.h - with LIFEGUARD_RECORD=survivors: what becomes of calls on pools that were made in
 * the unit of work that goes on, and of those on pools that ended in the one that they were made
 * in. All else is recorded as without.
 *
 * A young pool is written at the latest before the event that could not do without it: the end of
 * its unit, a fork, the end of the process; a pool made below it that is written; a second thread.
 *
 * All is async-signal-safe but generation_setup().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_GENERATION_H
#define PRELOAD_HOOKS_GENERATION_H

#include "preload/hooks/fates.h"
#include "preload/trace/stream.h"

/* Which of these CALL is. Nothing was written and, if that is unclear, nothing done. */
enum generation_fate generation_try(const struct stream *stream,
                                    const struct generation_call *call);

/* The same of CALL that takes from a young pool, no object, and is looked at: where it came from is
 * known. No pool is watched. */
enum generation_fate generation_look(const struct stream *stream,
                                     const struct generation_call *call);

/* Writes what must be in the trace before CALL. False: CALL is dealt with, and not to be written.
 */
bool generation_meet(struct stream *stream, const struct generation_call *call);

/* A pool was made, and that written. */
void generation_made(const struct generation_call *call);

/* A pool was cleared, and that written. */
void generation_cleared(const struct generation_call *call);

/* POOL is about to be told of. */
void generation_touch(struct stream *stream, uint64_t pool);

/* A unit of work is over, and with it what is young; one has begun, of which pools may be. */
void generation_unit_ends(struct stream *stream);
void generation_unit_begins(struct stream *stream);

/* Are units of work that leave nothing behind counted, not written one by one? */
bool generation_counts_units(const struct stream *stream);

/* The process ends; it forks, or nobody else may count on what is kept here. */
void generation_ends(struct stream *stream);
void generation_forks(struct stream *stream);

/* In a forked process, which has a trace of its own, and not its parent's units; or in one that is
 * recorded anew. STREAM: NULL, or to write what the parent did not. INTERRUPTED: the fork came when
 * the recorder was at work, and that goes on: what is young stays so. */
void generation_forked(struct stream *stream, bool interrupted);

/* Is it asked for, and can it be with what else is? */
bool generation_is_asked(void);

/* Before anything is recorded: finds out whether it can be so with these systems. */
void generation_setup(struct stream *stream, struct pool_system *const *systems, unsigned count);

#endif
