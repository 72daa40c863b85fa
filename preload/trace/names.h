/*
 * names.h - every distinct tag once: its number is what events carry.
 *
 * Without locks, bounded, compared byte by byte. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_NAMES_H
#define PRELOAD_TRACE_NAMES_H

#include "preload/trace/stream.h"

/*
 * The id of NAME, defined in STREAM when this trace does not have it yet; 0 when there are too many
 * distinct ones, or recording has stopped. Of a long NAME the first TRACE_NAME_MAX bytes count.
 */
uint32_t names_intern(struct stream *stream, const char *name);

/* The same without a call into any library; 0: names_intern() is to be called. */
uint32_t names_recall(const char *name);

/* Is ID, of a name that was interned in this trace or in a parent's, known in this trace now? */
bool names_know(struct stream *stream, uint32_t id);

/* A new trace was opened: it has no name yet. */
void names_forget(void);

#endif
