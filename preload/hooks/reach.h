/*
 * reach.h - walks the program's pools and marks what it can still refer to: pools that nothing
 * refers to can be ended by nobody, and addresses of memory that was given back are left behind.
 *
 * Reads with care. While there are other threads, only where walks in units are asked for and no
 * filter of system calls is there; then what two walks agree on is told. Nothing is allocated: all
 * that a walk needs is mapped for it. Async-signal-safe. LIFEGUARD_WALK says when.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_REACH_H
#define PRELOAD_HOOKS_REACH_H

#include "preload/code/image.h"
#include "preload/hooks/pool_system.h"
#include "preload/trace/stream.h"
#include "preload/util/registers.h"

#include <stdbool.h>

/* Before main, or as IMAGE is loaded: what holds the free blocks of SYSTEM, whose functions and
 * layouts are there. */
void reach_find(struct pool_system *system, const struct image *image);

/* Before the mark MARK of SYSTEM is written. SHUTDOWN: walks as that begins; the marks that begin a
 * unit of work: if that was asked for, and not more often than once in a second. */
void reach_at_mark(struct stream *stream, const struct pool_system *system, enum api_mark_kind mark,
                   const struct registers *registers);

/* At the end of the process, unless its shutdown was seen to begin. True: what the pools hold was
 * written too, as survey_write() does. */
bool reach_at_exit(struct stream *stream, const struct pool_system *system,
                   const struct registers *registers);

/* Before a fork: as with a unit of work. */
void reach_at_fork(struct stream *stream, const struct pool_system *system,
                   const struct registers *registers);

#endif
