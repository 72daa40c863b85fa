/*
 * resident.h - how much memory the process has, as the kernel counts it: told now and then, to be
 * compared with what its pools hold.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_RESIDENT_H
#define PRELOAD_TRACE_RESIDENT_H

#include "preload/trace/stream.h"

#include <stdbool.h>

enum resident_when {
    RESIDENT_NOW_AND_THEN, /* at most once a second */
    RESIDENT_AT_UNIT,      /* the same, and before the first unit of work in any case */
    RESIDENT_AT_END        /* in any case */
};

/* The process's trace begins. LOOK: the program does not run yet, so that a file may be opened for
 * what it has just now; else the kernel's peak alone is known. */
void resident_begin(struct stream *stream, bool look);

/* Writes the peak to STREAM where that is another one than before. Async-signal-safe. */
void resident_note(struct stream *stream, enum resident_when when);

#endif
