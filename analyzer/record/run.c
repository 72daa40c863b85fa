/*
 * run.c - runs the program to be recorded, as if nothing stood between it and its caller; see
 * run.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/record/run.h"

int record_run(char **argv, const struct record_environment *environment, pid_t *started)
{
    struct signal_state before;
    int status;
    signals_hold(&before);
    *started = launch_program(argv, environment, &before, &status);
    if (*started)
        relay_start(*started);
    signals_release(&before);
    if (*started)
        status = wait_for_exit(*started);
    relay_stop();
    return status;
}
