/*
 * keeper.h - lifeguard keep beside lifeguard record or attach, in a process of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_COMMANDS_KEEPER_H
#define ANALYZER_COMMANDS_KEEPER_H

#include <sys/types.h>

struct keeper {
    pid_t pid; /* 0: there is none */
    int alive; /* descriptor: it comes to its end when the process does */
};

/* Keeps the recording in DIR from now on. It is no child of this process: whose children end is
 * what record looks for. Where no process can be made, that is said. */
struct keeper keeper_begin(const char *dir);

/* Has it look a last time, and waits for its end. */
void keeper_end(const struct keeper *keeper);

#endif
