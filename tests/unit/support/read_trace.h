/*
 * read_trace.h - traces that tests build and read, and their events as text.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_READ_TRACE_H
#define LIFEGUARD_READ_TRACE_H

#include "analyzer/trace/trace.h"
#include "tests/unit/support/trace_builder.h"

#define POOL   UINT64_C(0x7f0000001010)
#define PARENT UINT64_C(0x7f0000002020)

extern char *trace_directory; /* of the test that runs */
extern char trace_file[4096]; /* of the trace in it */

/* For a test suite: makes the directory; removes it and what is in it. */
void trace_set_up(void);
void trace_tear_down(void);

/* Writes the trace of BUILDER, frees BUILDER and opens the trace. The caller closes it. */
struct trace *open_built(struct trace_builder *builder);

/* One event as text, so that a test shows what it expects; until the next call. */
const char *describe(const struct trace_event *event);

/* Fails the test unless TRACE has these events and no more; LINES end with NULL. */
void expect_events(struct trace *trace, const char *const *lines);

#define EXPECT(trace, ...) expect_events(trace, (const char *const[]){__VA_ARGS__, NULL})

#endif
