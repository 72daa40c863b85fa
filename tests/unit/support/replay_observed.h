/*
 * replay_observed.h - a trace of a small program that tests make, and what an observer is told of
 * it, one line each.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_REPLAY_OBSERVED_H
#define LIFEGUARD_REPLAY_OBSERVED_H

#include "analyzer/replay/recording.h"
#include "tests/unit/support/trace_builder.h"

#define UNKNOWN UINT64_MAX

/* Pools, by address. */
#define ROOT  UINT64_C(0x10000)
#define CHILD UINT64_C(0x20000)
#define GRAND UINT64_C(0x30000)
#define OTHER UINT64_C(0x40000)

enum { COMMAND, RESTART, CONNECTION, STARTUP, SHUTDOWN };
enum { IN_2 = 10, IN_2_DESTROY, IN_2_DESTROY_IN }; /* stacks, see new_trace() */

extern char *observed_dir; /* where the traces are */
extern char observed[65536];

extern const struct replay_observer observing; /* writes into observed */
extern const struct replay_observer
    observed_once; /* of the start, and of each pool's first allocation */

/* For a test suite: makes observed_dir and empties observed; removes it. */
void observed_set_up(void);
void observed_tear_down(void);

/* A trace that has stacks 1 to 9, of one frame each, and those above. */
struct trace_builder *new_trace(uint64_t id, int pid);

/* The same of a program whose pool system API describes. */
struct trace_builder *new_trace_of(uint64_t id, int pid, const char *api);

/* Writes the trace of BUILDER into observed_dir and frees BUILDER. */
void write_trace(struct trace_builder *builder);

/* Replays all traces for the observer `observing`. The caller closes the result. */
struct recording *replay_all(void);

#endif
