/*
 * keep.h - looks after a recording while it is written, for as long as it is.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_KEEP_H
#define ANALYZER_KEEP_KEEP_H

#include "analyzer/keep/look.h"

#include <stdint.h>

#define KEEP_FULL                                                                                  \
    (UINT64_C(16) << 20) /* bytes that are kept in full, unless others are asked for */

struct keep_request {
    const char *dir;
    uint64_t full; /* bytes that are kept in full, about; of what is older, what findings need */
    uint64_t delay_ns; /* from one look to the next, or longer: it rests most of the time */
    /* Asked whenever the recording is read from its beginning, for who is told of all of it from
     * then on: what was seen before is void. NULL: nobody. */
    struct replay_observer (*observe)(void *data);
    void *observe_data;
    const struct keep_listener *listeners;
    size_t listener_count; /* 0: nobody wants to know, and nothing is read */
};

struct keep_result {
    uint64_t out, kept; /* bytes that were taken out of traces, and what is kept of that */
    struct error left;  /* why some traces are as they were after the last look; "": none is */
};

/*
 * Looks after the recording until none of its processes is recorded any more, or SIGTERM, SIGINT
 * or SIGHUP comes, which it takes; a last look comes after that. Where there is no trace yet it
 * waits for one. False with *ERROR set: the recording cannot be read.
 */
bool keep_run(const struct keep_request *request, struct keep_result *result, struct error *error);

#endif
