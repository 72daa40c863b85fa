/*
 * call_stack.h - the backtrace of a call of a hooked function: remembered, or taken now.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_CALL_STACK_H
#define PRELOAD_HOOKS_CALL_STACK_H

#include "preload/hooks/entry.h"
#include "preload/trace/stream.h"

/* Its number. Async-signal-safe. */
uint32_t call_stack(struct stream *stream, const struct entry_frame *frame);

/* The same with the function that was called, at ADDRESS, as the innermost frame: where no
 * description tells of it. */
uint32_t call_stack_within(struct stream *stream, const struct entry_frame *frame,
                           uint64_t address);

/* That of the function at ADDRESS alone, where its caller is not known any more. */
uint32_t call_stack_of(struct stream *stream, uint64_t address);

#endif
