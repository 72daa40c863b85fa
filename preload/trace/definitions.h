/*
 * definitions.h - packs definitions (modules, hooks, tags) into a stream; backtraces are
 * preload/unwind/stack_definitions.h.
 *
 * Async-signal-safe. False: recording has stopped and nothing was written.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_DEFINITIONS_H
#define PRELOAD_TRACE_DEFINITIONS_H

#include "preload/trace/stream.h"

/* One part of a record, written after the parts before it. */
struct definition_part {
    const void *bytes;
    size_t length;
};

#define DEFINITION_MAX                                                                             \
    (TRACE_PAGE - sizeof(struct trace_block)) /* bytes: what fits every block                      \
                                               */

bool definition_write(struct stream *stream, enum trace_record_type type,
                      const struct definition_part *parts, unsigned count);

#endif
