/*
 * survey.h - as a process ends: what each pool holds that the program's roots lead to, so that it
 * can be told how much of that was seen.
 *
 * Cannot fault, whatever state a crashing process has left its pools in. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_SURVEY_H
#define PRELOAD_HOOKS_SURVEY_H

#include "preload/hooks/pool_system.h"
#include "preload/hooks/program_memory.h"
#include "preload/trace/stream.h"

/* Pools that a forked process goes through: where it has more from its parent, who may have made
 * any number, those are the parent's to look at. */
#define SURVEY_FORKED 1024u

/* Writes what the first COUNT pools of WALK hold, which was there just now and read MEMORY; a pool
 * that nobody saw being made is told first. */
void survey_write(struct stream *stream, const struct pool_system *system, const struct walk *walk,
                  uint32_t count, struct program_memory *memory);

/* The same of the pools that this process itself made, without a walk. */
void survey_write_own(struct stream *stream, const struct pool_system *system);

/* The same by a walk for it alone, of those that a process looks at; nothing while there are
 * several threads. */
void survey_take(struct stream *stream, const struct pool_system *system);

#endif
