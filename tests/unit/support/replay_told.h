/*
 * replay_told.h - a trace of a small program that tests make, and what an observer is told of it,
 * one line each.
 */
#ifndef LIFEGUARD_REPLAY_TOLD_H
#define LIFEGUARD_REPLAY_TOLD_H

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

extern char *told_dir; /* where the traces are */
extern char told[65536];

extern const struct replay_observer telling; /* writes into told */
extern const struct replay_observer
    told_once; /* of the start, and of each pool's first allocation */

/* For a test suite: makes told_dir and empties told; removes it. */
void told_set_up(void);
void told_tear_down(void);

/* A trace that has stacks 1 to 9, of one frame each, and those above. */
struct trace_builder *new_trace(uint64_t id, int pid);

/* The same of a program whose pool system API describes. */
struct trace_builder *new_trace_of(uint64_t id, int pid, const char *api);

/* Writes the trace of BUILDER into told_dir and frees BUILDER. */
void write_trace(struct trace_builder *builder);

/* Replays all traces for the observer `telling`. The caller closes the result. */
struct recording *replay_all(void);

#endif
