/*
 * signal_relay.h - signals that are sent to this process are meant for the one that it runs.
 *
 * Held while that one starts, then handed on to it until it has ended.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_SIGNAL_RELAY_H
#define ANALYZER_RECORD_SIGNAL_RELAY_H

#include <signal.h>
#include <sys/types.h>

/* The signals blocked at the start, and what SIGCHLD did: the program shall have it the same. */
struct signal_state {
    sigset_t mask;
    struct sigaction child;
};

/* Blocks the signals to hand on, and SIGCHLD, which is no longer ignored should it have been. */
void signals_hold(struct signal_state *before);
/* Those that signals_hold() blocks. */
void signals_held(sigset_t *set);
void signals_release(const struct signal_state *before);
/* Before an exec: also what SIGCHLD did. */
void signals_restore(const struct signal_state *before);

/* Hands on to PROGRAM; to be called while signals are held. */
void relay_start(pid_t program);
/* From here on signals are for this process again: there is nobody to hand them to. */
void relay_stop(void);

/* Waits until PID has ended. Returns its status as wait_status_to_exit() tells it, 126 where it is
 * lost. */
int wait_for_exit(pid_t pid);
/* Of a status as waitpid() gives it: the exit status, or 128+N where signal N ended the process. */
int wait_status_to_exit(int waited);

#endif
