/*
 * record_keep.h - lifeguard keep beside lifeguard record, in a process of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_COMMANDS_RECORD_KEEP_H
#define ANALYZER_COMMANDS_RECORD_KEEP_H

#include <sys/types.h>

struct record_keeper {
    pid_t pid; /* 0: there is none */
    int alive; /* descriptor: it comes to its end when the process does */
};

/* Keeps the recording in DIR from now on. It is no child of this process: whose children end is
 * what record looks for. */
struct record_keeper record_keep_begin(const char *dir);

/* Has it look a last time, and waits for its end. */
void record_keep_end(const struct record_keeper *keeper);

#endif
