/* guard.c - whatever ends this command, nothing that it started is left running; see guard.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/record/guard.h"

#include "analyzer/record/children.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STATUS_FAILED 126
#define STATUS_KILLED (128 + SIGKILL)

/* Orphans go to the nearest of their ancestors that asked for them: to the child while it lives. */
static void run_body(int (*body)(void *, const struct signal_state *), void *context,
                     const struct signal_state *before, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(STATUS_KILLED);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int status = body(context, before);
    fflush(NULL);
    _exit(status);
}

int record_guarded(int (*body)(void *, const struct signal_state *), void *context)
{
    struct signal_state before;
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    signals_hold(&before);
    fflush(NULL);
    pid_t parent = getpid(), child = fork();
    if (child == 0)
        run_body(body, context, &before, parent);
    if (child < 0) {
        fprintf(stderr, "lifeguard record: fork: %s\n", strerror(errno));
        return STATUS_FAILED;
    }
    relay_start(child);
    signals_release(&before);
    int status = wait_for_exit(child);
    relay_stop();
    children_end();
    return status;
}
