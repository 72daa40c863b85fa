/*
 * marks.h - a call that begins a unit of work, or tells of the program's life.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_MARKS_H
#define PRELOAD_HOOKS_MARKS_H

#include "preload/hooks/hook.h"
#include "preload/trace/stream.h"
#include "preload/util/registers.h"

/* Writes the marks that stand for a call of HOOK's function with what FRAME has. Async-signal-safe.
 */
void marks_record(struct stream *stream, const struct hook *hook, const struct entry_frame *frame);

/* Does none? Async-signal-safe, too. */
bool marks_are_none(const struct hook *hook, const struct entry_frame *frame);

/* What the caller has, as the function of FRAME was called. */
struct registers marks_registers(const struct entry_frame *frame);

#endif
