/*
 * systems.h - the pool systems that the process has: which of those described are there, and what
 * concerns all of them.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_SYSTEMS_H
#define PRELOAD_HOOKS_SYSTEMS_H

#include "preload/trace/stream.h"
#include "preload/util/control.h"
#include "preload/util/registers.h"

/*
 * Before main: finds and hooks all systems that are built in or, unless WANTED is NULL, the one of
 * that name or, with a / in it, of that file. STREAM is told of each, and of what WANTED is wrong
 * with. So are those in what is loaded later.
 */
void systems_find(struct stream *stream, const char *wanted);

/* Whether there is one, so far. */
bool systems_found(void);

/* At the end of the process, which comes from REGISTERS: writes what every live pool below the
 * roots holds, and which pools nothing refers to. */
void systems_at_end(struct stream *stream, const struct registers *registers);

/* Before a fork. */
void systems_at_fork(struct stream *stream, const struct registers *registers);

/* No code leads to hooks any more: all that was found is forgotten. */
void systems_forget(void);

/* Are pools looked for in all memory when recording begins in a program that runs? */
bool systems_search(void);

/* Tells STREAM of the pools that are there already, somewhere in the COUNT MAPPINGS. By who is the
 * only thread that runs; takes no lock. */
void systems_adopt(struct stream *stream, const struct control_mapping *mappings, size_t count);

/* Tells STREAM why none is looked for. */
void systems_leave(struct stream *stream, const char *why);

#endif
