/*
 * reader.h - a recording that is read in a process of its own, and the snapshots of it in the
 * last minute.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_READER_H
#define ANALYZER_TOP_READER_H

#include "analyzer/top/sampler.h"
#include "analyzer/top/snapshot.h"
#include "analyzer/util/error.h"

#include <stdbool.h>

struct top_reader;

/* WISH must live as long as the reader. Returns NULL with *ERROR set when there can be no process.
 * The caller ends it; it ends with this process at the latest. */
struct top_reader *top_reader_start(const struct top_request *request, struct error *error);
void top_reader_end(struct top_reader *reader);

/* Takes what was read since the last call, if anything; waits WAIT_NS for it at most. False with
 * *ERROR set when the recording could not be read. */
bool top_reader_poll(struct top_reader *reader, uint64_t wait_ns, struct error *error);

/* The last one that was taken, and the one before it that rates are told from; NULL: none yet. They
 * live until the next top_reader_poll(). */
const struct top_snapshot *top_reader_now(const struct top_reader *reader);
const struct top_snapshot *top_reader_earlier(const struct top_reader *reader);

#endif
