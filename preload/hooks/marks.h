/*
 * marks.h - a call that begins a unit of work, or tells of the program's life.
 */
#ifndef PRELOAD_HOOKS_MARKS_H
#define PRELOAD_HOOKS_MARKS_H

#include "preload/hooks/hook.h"
#include "preload/trace/stream.h"

/* Writes the marks that stand for a call of HOOK's function with what FRAME has. Async-signal-safe.
 */
void marks_record(struct stream *stream, const struct hook *hook, const struct entry_frame *frame);

#endif
