/*
 * filters.h - filters of system calls, as of seccomp(2), that are on the threads of a process: read
 * from it, and asked what they do about the calls that it is made to make.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_FILTERS_H
#define ANALYZER_ATTACH_FILTERS_H

#include "analyzer/attach/call.h"
#include "preload/util/control.h"

#include <linux/filter.h>

struct target_filters {
    struct sock_fprog *programs; /* that differ, of all threads */
    size_t count;
};

/* Those of all threads of PID. False with *ERROR set: who asks may not see them. Freed by
 * filters_free() in either case. */
bool filters_read(struct target_filters *filters, pid_t pid, struct error *error);
void filters_free(struct target_filters *filters);

/* What the process is made to do. */
enum filters_use {
    FILTERS_END,     /* recording ends */
    FILTERS_BEGIN,   /* ... begins */
    FILTERS_CHILDREN /* ... and processes that it forks get traces */
};

/* The first call of USE that they end the process for, or, with *FAILS, one that removes what
 * recording needs to begin and fails; NULL: none. */
const char *filters_obstacle(const struct target_filters *filters, enum filters_use use,
                             bool *fails);

/* Puts them into CALLER's memory, and tells REQUEST where. False: they have no room there. */
bool filters_hand_over(const struct target_filters *filters, const struct caller *caller,
                       struct control_request *request);

#endif
