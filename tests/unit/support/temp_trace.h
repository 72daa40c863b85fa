/*
 * temp_trace.h - a trace of the test's own: recorded by preload/, read back by the analyzer.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_TEMP_TRACE_H
#define LIFEGUARD_TEMP_TRACE_H

#include "analyzer/trace/trace.h"
#include "preload/trace/stream.h"

#define TEMP_TRACE_LIMIT (256ull << 20) /* bytes; the file is sparse */

/* Opens a trace of at most LIMIT bytes in a directory of its own, and enters a stream. */
struct stream *temp_trace_begin(uint64_t limit);

/* What was recorded so far, which must be whole. To be closed with trace_close(). */
struct trace *temp_trace_read(void);
/* The same, to be followed. */
struct trace *temp_trace_read_growing(void);

/* Removes file and directory; nothing when there are none. For a suite's .fini. */
void temp_trace_end(void);

#endif
