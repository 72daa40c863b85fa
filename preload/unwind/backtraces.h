/*
 * backtraces.h - every distinct backtrace once: its number is what events carry.
 *
 * A table without locks. Two writers that meet may define a backtrace twice, never wrongly; a
 * forked child goes on with its parent's numbers. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_BACKTRACES_H
#define PRELOAD_UNWIND_BACKTRACES_H

#include "preload/trace/stream.h"
#include "preload/unwind/backtrace.h"

/* The id of BACKTRACE, defined in STREAM when it is new; TRACE_NO_STACK when that cannot be. */
uint32_t backtraces_intern(struct stream *stream, const struct backtrace *backtrace);

/* The id that the next new backtrace gets, or a lower one. */
uint32_t backtraces_next_id(void);

/* Before a fork: the first id that is the child's own. The parent goes on with the one after it. */
uint32_t backtraces_split(void);

/* In the child: goes on from FIRST. */
void backtraces_continue(uint32_t first);

/* Code was unloaded, addresses mean something else: no backtrace seen so far is used again. */
void backtraces_forget(void);

#endif
