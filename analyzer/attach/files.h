/*
 * files.h - what goes into a process that is attached to: the new trace, the recorder, what it
 * reads as it begins.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_FILES_H
#define ANALYZER_ATTACH_FILES_H

#include "analyzer/attach/feed.h"
#include "analyzer/attach/plan.h"
#include "preload/util/control.h"

struct attach_files {
    struct feed feed;
    size_t trace;  /* its number there */
    char name[32]; /* of the trace in its directory */
    int dir;
};

/* Opens all that PLAN needs, and fills in *REQUEST but for the trace. False with *ERROR set. */
bool attach_files_open(struct attach_files *files, const struct attach_plan *plan,
                       struct control_request *request, struct error *error);

/* Unless WRITTEN the trace is removed. */
void attach_files_close(struct attach_files *files, bool written);

#endif
