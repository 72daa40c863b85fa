/*
 * run.h - runs the program to be recorded, as if nothing stood between it and its caller.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_RUN_H
#define ANALYZER_RECORD_RUN_H

#include "analyzer/record/launch.h"

/*
 * Runs ARGV to its end and hands on the signals that are sent meanwhile. Returns the exit status to
 * end with: the program's, 128+N when signal N ended it, 127 or 126 (after a message) when it could
 * not be started. *STARTED is its pid, or 0.
 */
int record_run(char **argv, const struct record_environment *environment, pid_t *started);

#endif
