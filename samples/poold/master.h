/*
 * master.h - the process that forks a session for each client.
 */
#ifndef POOLD_MASTER_H
#define POOLD_MASTER_H

struct plan {
    unsigned sessions, commands, restarts;
    unsigned rate; /* commands a second, at most; 0: no limit */
};

/* Sets the daemon up, from the first pool to "core.startup". Once. */
void master_start(void);

/*
 * Both return the daemon's exit status, with a word on stderr when it is not 0.
 *
 * master_serve() listens on 127.0.0.1:PORT (0: any; printed), reads the configuration again on
 * SIGHUP and ends on SIGTERM, with status 0.
 * master_drive() does without a network: each of COUNT plans has sessions, one after the other,
 * then restarts.
 */
int master_serve(unsigned port);
int master_drive(const struct plan *plans, unsigned count);

#endif
/* SPDX-License-Identifier: MIT */
