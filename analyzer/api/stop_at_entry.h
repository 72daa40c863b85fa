/*
 * stop_at_entry.h - stops a program when the loader is done with it: what was loaded has been
 * initialized, and nothing of the program's own code has run.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_API_STOP_AT_ENTRY_H
#define ANALYZER_API_STOP_AT_ENTRY_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <sys/types.h>

/*
 * Lets PID, a child that is traced since before its exec (PTRACE_TRACEME), run up to its
 * executable's entry point. It stays stopped there, and is killed when this process ends. False
 * with *ERROR set: it ended before, or cannot be traced; it is no longer there then.
 */
bool stop_at_entry(pid_t pid, struct error *error);

/* Kills PID and waits for its end. */
void end_stopped(pid_t pid);

#endif
