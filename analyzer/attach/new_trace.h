/*
 * new_trace.h - the file of a trace that is about to begin, in the directory of a recording.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_NEW_TRACE_H
#define ANALYZER_ATTACH_NEW_TRACE_H

#include "analyzer/util/error.h"

#include <sys/types.h>

/* A new trace of process PID in the directory DIR: its descriptor, with NAME filled in; -1 with
 * *ERROR set. */
int attach_new_trace(int dir, pid_t pid, char name[32], struct error *error);

#endif
