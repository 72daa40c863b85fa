/*
 * stay.h - what there is to do beside a process that is attached to, until it is let go of.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_STAY_H
#define ANALYZER_ATTACH_STAY_H

#include "analyzer/attach/giver.h"

/* Signals that end it are held from here on, so that none is missed. */
void stay_begin(void);

/*
 * Serves GIVER, or nobody where that is NULL, until LIMIT_MS are over (0: never), a signal asks for
 * the end, or PID and all that were given a trace have ended.
 */
void stay(struct giver *giver, pid_t pid, uint64_t limit_ms);

#endif
