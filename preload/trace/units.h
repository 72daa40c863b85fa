/*
 * units.h - units of work that leave nothing behind are counted: those that follow one of the kind
 * take no more room than one. What is counted stays where it is in the trace, and is changed there,
 * so that it can be read whenever the process is killed. Others are written one by one, which takes
 * less than to begin to count.
 *
 * All is async-signal-safe, for one thread at a time, and not for handlers that interrupted it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_UNITS_H
#define PRELOAD_TRACE_UNITS_H

#include "preload/trace/stream.h"

#include <stdbool.h>

/* A unit with that MARK begins. APART: which one the one before was matters, as where it left
 * something behind. */
void units_begin(struct stream *stream, unsigned mark, bool apart);

/* The unit that goes on is about NAME: that is counted, or written. */
void units_label(struct stream *stream, const char *name);

#endif
