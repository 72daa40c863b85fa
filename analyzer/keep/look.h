/*
 * look.h - one look at a recording that is written: it is concluded in a process forked for that,
 * so that who looks can go on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_LOOK_H
#define ANALYZER_KEEP_LOOK_H

#include "analyzer/rules/analysis.h"

#include <stddef.h>
#include <stdio.h>

/* Who is told of each look. */
struct keep_listener {
    void *data;
    /* In a process of its own, which ends then: writes to TO whatever is wanted of ANALYSIS, which
     * is what would be found if the recording ended now. What it changes in DATA is lost, in
     * ANALYSIS it is for the listeners that follow. */
    void (*write)(void *data, struct analysis *analysis, FILE *to);
    /* What it wrote, SIZE bytes, valid until this returns. Not called when the process failed. */
    void (*take)(void *data, const char *bytes, size_t size);
};

/* Has each of COUNT LISTENERS told what LIVE comes to now. False: no process can be made, or it
 * failed; then not all were. */
bool look_tell(struct live_analysis *live, const struct keep_listener *listeners, size_t count);

#endif
