/*
 * reducer.h - the events of a process, without those of pools that were made and ended in one unit
 * of work and did nothing else, but for examples: sums tell of the others, as the recorder's do
 * that records survivors (preload/hooks/generation.h). Who reads it finds the same.
 *
 * Unlike the recorder this knows what comes: a pool that anything unusual happens to is told of as
 * it was, and so is one that outlives its unit. Threads have their units each.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_REDUCER_H
#define ANALYZER_THIN_REDUCER_H

#include "analyzer/thin/systems.h"
#include "analyzer/thin/writer.h"

struct reducer;

/* SYSTEMS and WRITER outlive it. The caller frees it. */
struct reducer *reducer_new(const struct thin_systems *systems, struct thin_writer *writer);
void reducer_free(struct reducer *reducer);

/* The next event, no run. */
void reducer_take(struct reducer *reducer, const struct trace_event *event);

/* From here on events of the thread are for others to write: what they are about stays. */
void reducer_leave(struct reducer *reducer, uint32_t thread);

/* There are no more; or they come later, of a process that goes on: MORE. False: somebody who is to
 * write what comes later has used a pool that was left out. */
bool reducer_end(struct reducer *reducer, bool more);

/* Pools that were left out. */
uint64_t reducer_left_out(const struct reducer *reducer);

#endif
