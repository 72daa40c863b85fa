/*
 * launch.h - starts the program to be recorded, and a client beside it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_LAUNCH_H
#define ANALYZER_RECORD_LAUNCH_H

#include "analyzer/record/signal_relay.h"

#include <stdbool.h>

/* How the program is started, and what its environment gets beside its own; NULL: not set. */
struct record_environment {
    bool traced;         /* by ptrace(2): it stops after its exec, for stop_at_entry() */
    const char *preload; /* the recorder's library, to come first in LD_PRELOAD */
    const char *dir;     /* absolute */
    const char *api;
    const char *poison;    /* "1" */
    const char *crash;     /* "1" */
    const char *addresses; /* "1" */
    const char *stale;     /* the same */
    const char *guard;     /* as record_options has it */
    const char *walk;      /* "off", "end" or "units" */
    const char *labels;    /* "K=V,K=V" */
    const char *max_total; /* bytes, with K, M, G or T behind it */
    const char *young;     /* the same */
    bool survivors;        /* else as the environment has it */
};

/*
 * Starts ARGV, recorded, while signals are held; BEFORE is its signal state. Returns its pid, or 0
 * with *WHY an errno.
 */
pid_t record_launch(char **argv, const struct record_environment *environment,
                    const struct signal_state *before, int *why);

/* The same, but 0 comes after a message, with *STATUS 127 (not found) or 126. */
pid_t launch_program(char **argv, const struct record_environment *environment,
                     const struct signal_state *before, int *status);

/* Starts sh with COMMAND, not recorded, with LIFEGUARD_PID=PROGRAM. Returns its pid, or 0 after a
 * message. */
pid_t launch_client(const char *command, pid_t program, const struct signal_state *before);

#endif
