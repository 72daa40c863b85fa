/*
 * read_ahead.h - the events of traces, read by a thread of their own where there is a second
 * processor: while one event after the other is replayed, the next ones are unpacked and decoded,
 * and the next trace is opened. What is read does not depend on it.
 *
 * All functions are for one thread, the one that replays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_READ_AHEAD_H
#define ANALYZER_TRACE_READ_AHEAD_H

#include "analyzer/trace/trace.h"
#include "analyzer/util/error.h"

struct read_ahead;

/* For recordings of so many BYTES together; NULL: it is not worth while, or cannot be. */
struct read_ahead *read_ahead_new(uint64_t bytes);
void read_ahead_free(struct read_ahead *ahead);

/* PATH will be opened next, probably. It must outlive the next call of read_ahead_open(). */
void read_ahead_expect(struct read_ahead *ahead, const char *path);

/* As trace_open(), and at once if PATH was expected. */
struct trace *read_ahead_open(struct read_ahead *ahead, const char *path, struct error *error);

/* The events of one trace, from where it is. Nothing else may be read from it meanwhile. */
struct event_feed *event_feed_new(struct read_ahead *ahead, struct trace *trace);
void event_feed_free(struct event_feed *feed);

/* The next events, valid until the next call; NULL at the end. */
const struct event_batch *event_feed_next(struct event_feed *feed);

#endif
