/*
 * attach.h - makes the recorder record a process that runs, and lets go of it.
 *
 * Who is killed in the middle of it leaves the process unharmed: it may be that it has the recorder
 * in it then, which does nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_ATTACH_H
#define ANALYZER_ATTACH_ATTACH_H

#include "analyzer/attach/plan.h"
#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What it took. */
struct attach_result {
    char trace[32];     /* name of the trace */
    double prepared_ms; /* one thread was busy with us; the others ran */
    double stopped_ms;  /* all threads were stopped */
    unsigned threads;
    unsigned functions; /* of pool systems, that are hooked */
    bool unsearched;    /* pools that are below none could not be looked for */
    bool unrecorded;    /* attach_end(): nothing recorded it any more */
};

/* False with *ERROR set: PID is not recorded, and as it was. */
bool attach_begin(const struct attach_plan *plan, struct attach_result *result,
                  struct error *error);

/* Ends the recording of PID, however it began. False with *ERROR set: it goes on. */
bool attach_end(pid_t pid, struct attach_result *result, struct error *error);

/* Has PID ended, or is it beyond the point where code of its own runs? */
bool attach_is_gone(pid_t pid);

#endif
