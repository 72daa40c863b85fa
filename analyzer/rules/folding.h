/*
 * folding.h - processes that ended long ago become sums, so that their traces can go: see
 * analyzer/replay/folded.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_FOLDING_H
#define ANALYZER_RULES_FOLDING_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>

struct fold_request {
    const char *dir;
    size_t skip;    /* so many of the oldest are not looked at */
    size_t most;    /* processes that are looked at, at a time */
    size_t latest;  /* so many that ended last stay, ... */
    size_t worst;   /* ... of the others those in which pools held most... */
    size_t unusual; /* ...and so many of the latest of which something else is unusual */
};

/*
 * Adds the oldest processes of the newest run that ended to its sums, and writes these. Their
 * traces are there still; whoever opens the recording takes them for gone. *FOLDED: how many
 * processes; *SEEN: how many were looked at. A process that crashed, or whose trace is damaged,
 * stays. False with *ERROR set; nothing has changed then.
 */
bool fold_processes(const struct fold_request *request, size_t *folded, size_t *seen,
                    struct error *error);

#endif
