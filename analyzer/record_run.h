/*
 * record_run.h - runs the program to be recorded, as if nothing stood between it and its caller.
 */
#ifndef LIFEGUARD_RECORD_RUN_H
#define LIFEGUARD_RECORD_RUN_H

#include <sys/types.h>

/* What the program's environment gets beside its own; NULL: not set. */
struct record_environment {
    const char *preload; /* the recorder's library, to come first in LD_PRELOAD */
    const char *dir;     /* absolute */
    const char *api;
};

/*
 * Runs ARGV to its end and hands on the signals that are sent meanwhile. Returns the exit status to
 * end with: the program's, 128+N when signal N ended it, 127 or 126 (after a message) when it could
 * not be started. *STARTED is its pid, or 0.
 */
int record_run(char **argv, const struct record_environment *environment, pid_t *started);

#endif
