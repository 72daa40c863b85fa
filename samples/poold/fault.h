/*
 * fault.h - mistakes with pools, made on purpose, each on demand.
 */
#ifndef POOLD_FAULT_H
#define POOLD_FAULT_H

#include <stdbool.h>

enum fault_occasion {
    FAULT_AFTER_FORK, /* before there is a session.pool */
    FAULT_IN_SESSION, /* once, before the first command */
    FAULT_IN_COMMAND, /* once a command; its handler is done, its tmp_pool destroyed */
    FAULT_IN_RESTART, /* once a restart, in the master */
};

/* Returns false when there is no fault NAME. */
bool fault_enable(const char *name);

/* Makes the enabled mistakes that belong to OCCASION. */
void faults_commit(enum fault_occasion occasion);

/* Lists the faults on stdout, one a line. */
void faults_list(void);

#endif
/* SPDX-License-Identifier: MIT */
