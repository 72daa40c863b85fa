/*
 * wire.h - snapshots from the process that reads to the one that shows them, through a pipe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_WIRE_H
#define ANALYZER_TOP_WIRE_H

#include "analyzer/top/snapshot.h"
#include "analyzer/util/error.h"

/* What begins a message, then BYTES more. */
struct top_message {
    uint64_t bytes;
    bool failed; /* it is the text of an error */
};

/* False: nobody reads any more. */
bool top_wire_snapshot(int fd, const struct top_snapshot *snapshot);
bool top_wire_error(int fd, const struct error *error);

/* What top_wire_snapshot() wrote, without the struct top_message. The caller frees it. */
struct top_snapshot *top_wire_read(const char *bytes);

#endif
