/*
 * allocations.h - the events by which something is taken from pools and given back.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_ALLOCATIONS_H
#define ANALYZER_REPLAY_ALLOCATIONS_H

#include "analyzer/replay/internal.h"

/* The event of each kind; not a run. */
void replay_alloc(struct replay *replay, const struct trace_event *event);
void replay_object(struct replay *replay, const struct trace_event *event);
void replay_free(struct replay *replay, const struct trace_event *event);
void replay_guarded(struct replay *replay, const struct trace_event *event);

/* The pool of RUN if nobody wants to be told more than how much is taken from it; else NULL. */
struct pool *replay_unobserved_pool(struct replay *replay, const struct trace_event *run);

/* COUNT allocations of RUN, whose pool is of no interest: as replay_alloc() does with each. */
void replay_unobserved(struct replay *replay, const struct trace_event *run, struct pool *pool,
                       const struct trace_allocation *allocations, size_t count);

/* Of POOL, which is brief: an allocation, or a run. */
void replay_take_briefly(struct replay *replay, const struct trace_event *event, struct pool *pool);

/* Of a pool that was young: what it took until it was told of. */
void replay_took(struct replay *replay, const struct trace_event *event);

#endif
