/*
 * supervise.h - runs the program to be recorded beside a client, or for a while, and ends
 * it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_SUPERVISE_H
#define ANALYZER_RECORD_SUPERVISE_H

#include "analyzer/record/launch.h"
#include "analyzer/record/plan.h"

/*
 * Carries PLAN out on ARGV; to be called with signals held, by a subreaper without other children.
 * Returns the exit status that lifeguard-record(1) documents, after a message where something
 * failed. *STARTED is the program's pid, or 0. All that was started has ended.
 */
int record_supervise(char **argv, const struct record_environment *environment,
                     const struct record_plan *plan, const struct signal_state *before,
                     pid_t *started);

#endif
