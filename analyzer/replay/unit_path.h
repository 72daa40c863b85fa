/*
 * unit_path.h - what a process did with pools in a unit of work from the making of one pool on: to
 * compare two such ways. The trace of that process is read once more, and no other.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_UNIT_PATH_H
#define ANALYZER_REPLAY_UNIT_PATH_H

#include "analyzer/replay/recording.h"

#define UNIT_PATH_STEPS 1024

/* A kind of event at one backtrace, as it came for the first time. */
struct unit_step {
    uint32_t stack; /* number, see replay.h */
    uint32_t kind;  /* enum trace_event_kind */
};

/* By thread: from the making of a pool to the thread's next mark. */
struct unit_path {
    uint64_t pool, tick; /* what is looked for: the pool's address, and when it was made... */
    uint32_t created;    /* ...by this stack; several events may have one time: the last of them */
    struct unit_step steps[UNIT_PATH_STEPS];
    uint32_t count; /* of steps; 0: it is not there */
};

/* Fills both PATHS from the trace of process number INDEX. Where the same is looked for, the second
 * is the one before the first. False: that cannot be read, or is too large to be read once more. */
bool unit_paths_read(struct recording *recording, size_t index, struct unit_path paths[2]);

#endif
