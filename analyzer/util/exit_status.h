/*
 * exit_status.h - what the exit status of lifeguard says.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_EXIT_STATUS_H
#define ANALYZER_UTIL_EXIT_STATUS_H

/* Exit status of every command but record, which has the program's. */
enum exit_status {
    EXIT_NOTHING = 0,    /* nothing found, or nothing asked */
    EXIT_FINDINGS = 1,   /* findings at gate level */
    EXIT_USAGE = 2,      /* usage, or an input that cannot be read */
    EXIT_NO_VERDICT = 3, /* the recording is not good enough to judge by */
    EXIT_SKIP = 125,     /* of check --bisect: the same, or it cannot be read */
    EXIT_ABORT = 128,    /* the same: usage, which no commit is to blame for */
};

#endif
