/*
 * top_reader.h - reads a recording again and again in a thread of its own, and keeps what was read
 * in the last minute. Reading takes a part of one processor's time at most, so that it gets rarer
 * as the recording grows, and costs in the end a fixed part of the time that it goes on.
 */
#ifndef LIFEGUARD_TOP_READER_H
#define LIFEGUARD_TOP_READER_H

#include "top_snapshot.h"

struct top_reader;

/* The next reading begins DELAY_NS after the last one has begun, or later. DIR must live as long as
 * the process. Returns NULL with *ERROR set when there can be no thread. Never ended. */
struct top_reader *top_reader_start(const char *dir, uint64_t delay_ns, struct error *error);

/* Takes what was read since the last call, if anything; waits WAIT_NS for it at most. False with
 * *ERROR set when the recording could not be read. */
bool top_reader_poll(struct top_reader *reader, uint64_t wait_ns, struct error *error);

/* The last one that was taken, and the one before it that rates are told from; NULL: none yet. They
 * live until the next top_reader_poll(). */
const struct top_snapshot *top_reader_now(const struct top_reader *reader);
const struct top_snapshot *top_reader_earlier(const struct top_reader *reader);

#endif
