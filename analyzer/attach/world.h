/*
 * world.h - all threads of a process but one, stopped, so that its code can be changed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_WORLD_H
#define ANALYZER_ATTACH_WORLD_H

#include "analyzer/attach/memory.h"
#include "analyzer/attach/threads.h"
#include "preload/util/control.h"

/*
 * Stops all of PID but EXCEPT, at a moment when none of them is inside the recorder that CONTROL
 * tells of, or about to write to its trace. *BEGAN is when, of nanoseconds_now(); as much earlier
 * as they were stopped in vain before that. False with *ERROR set: none is stopped.
 */
bool world_stop(struct threads *threads, const struct target_memory *memory, pid_t pid,
                pid_t except, const struct control *control, int64_t *began, struct error *error);

/*
 * Writes the jumps of CONTROL. A thread that is in the bytes that they take the place of goes on
 * where it would have, elsewhere; also one that a signal handler will go back there. SIGRETURN is
 * what handlers return to. False with *ERROR set: all code is as it was.
 */
bool world_patch(const struct threads *threads, const struct target_memory *memory,
                 const struct control *control, uint64_t sigreturn, struct error *error);

/* The original bytes are back. False with *ERROR set: not all of them. */
bool world_restore(const struct target_memory *memory, const struct control *control,
                   struct error *error);

#endif
