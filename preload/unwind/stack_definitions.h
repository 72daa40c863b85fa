/*
 * stack_definitions.h - backtraces as definitions: each by what it has in common with one before.
 *
 * Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_STACK_DEFINITIONS_H
#define PRELOAD_UNWIND_STACK_DEFINITIONS_H

#include "preload/trace/stream.h"
#include "preload/unwind/backtrace.h"

/* Writes BACKTRACE with ID. False: recording has stopped and nothing was written. */
bool definition_stack(struct stream *stream, uint32_t id, const struct backtrace *backtrace);

#endif
