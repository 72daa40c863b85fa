/*
 * tree_moments.h - the pool trees of a recording's processes at a moment: their end, their peak,
 * their fork, a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_TREE_MOMENTS_H
#define ANALYZER_PROFILE_TREE_MOMENTS_H

#include <stdbool.h>
#include <stdint.h>

struct error;
struct process;
struct recording;
struct replay;

enum tree_moment {
    TREE_AT_EXIT, /* the end of the process, or of what was recorded of it */
    TREE_AT_PEAK, /* when its pools held the most bytes */
    TREE_AT_FORK, /* what it was forked with; none of a process that no recorded one forked */
    TREE_AT_TIME, /* none of a process that was not there then */
};

struct tree_moments {
    enum tree_moment moment;
    /* ns since 1970, of TREE_AT_TIME: the moment, or the first and last of the second that is meant
     */
    uint64_t time_from_ns, time_ns;
    int32_t pid; /* 0: of all processes */
    /* Called at the moment, once at most for each process, children before what their parents end
     * with; REPLAY has the tree until it returns. AT_NS: the moment, since 1970. */
    void (*take)(void *data, const struct replay *replay, const struct process *process,
                 uint64_t at_ns);
    void *data;
};

/* Replays RECORDING, twice for TREE_AT_PEAK. False: it could not be, and *ERROR says why. */
bool tree_moments_replay(struct recording *recording, const struct tree_moments *moments,
                         struct error *error);

#endif
