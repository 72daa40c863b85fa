/*
 * daemon_runs.h - the runs of a daemon that one directory holds: it was started again, and recorded
 * into the same one.
 *
 * A run is a process that no recorded one started, and all that come from it. Another one begins
 * where a program that is in it is started once more. A process that did nothing and ended, where
 * the same program also works, is a check of the configuration, and of no run (`proftpd -t`),
 * whoever started it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_DAEMON_RUNS_H
#define ANALYZER_REPLAY_DAEMON_RUNS_H

#include <stddef.h>
#include <stdint.h>

struct recording;

#define RUN_LATEST    0u
#define RUN_ALL       (UINT32_MAX - 1)
#define RUN_NOT_ASKED UINT32_MAX /* all that there is; runs are not told apart */

struct recorded_run {
    uint64_t start_ns; /* since 1970 */
    size_t processes;
};

/* Recordings that are opened from now on are of that run, from 1; RUN_NOT_ASKED unless this was
 * called. */
void runs_use(uint32_t run);

/* The runs in the order of their start. *COUNT is 0 where they were not told apart. */
const struct recorded_run *recording_runs(const struct recording *recording, size_t *count);

/* Which one RECORDING is of, from 1; 0: all, of several. */
uint32_t recording_run(const struct recording *recording);

/* How many checks of the configuration were left out. */
size_t recording_startup_checks(const struct recording *recording);

#endif
