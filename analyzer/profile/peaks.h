/*
 * peaks.h - the worst moment of each kind of process: which one took most at a time, how much that
 * was against what it had in the end, and who held it then. For replay observers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_PEAKS_H
#define ANALYZER_PROFILE_PEAKS_H

#include "analyzer/profile/footprint.h"
#include "analyzer/replay/replay.h"

#include <stdbool.h>
#include <stdint.h>

#define PEAK_HOLDERS 3

/* Pools of one name; without a name, those of one backtrace. */
struct peak_holder {
    char *label;      /* raw bytes, NULL: they have no name; owned */
    uint32_t created; /* stack of one of them; 0: not known */
    bool root;        /* it is a root pool */
    uint64_t pools;
    uint64_t bytes; /* asked for and not given back */
    uint64_t held;  /* in their blocks */
    bool estimated;
};

/* The worst moment of one process. */
struct peak {
    bool known; /* there was a process of the kind that had pools */
    int32_t pid;
    uint32_t index;      /* of the process in the recording */
    uint64_t ns;         /* when, since 1970 */
    uint64_t bytes, end; /* asked for and not given back: then, and in the end */
    uint64_t held, held_end;
    uint64_t pools, pools_end;
    bool estimated;                           /* not all of what is held is known */
    struct footprint memory;                  /* of the whole process */
    struct peak_holder holders[PEAK_HOLDERS]; /* those that held most, the first the most */
    unsigned holder_count;
};

/* One thread's: it watches one process after the other. */
struct peaks;
struct peaks *peaks_new(void);
void peaks_free(struct peaks *peaks);
struct replay_observer peaks_observer(struct peaks *peaks);
/* That of the process that ended just now; the caller ends it. */
struct peak peaks_take(struct peaks *peaks, enum process_kind *kind);

/* Keeps the worse one in *WORST; the other's contents are freed. */
void peak_keep_worse(struct peak *worst, struct peak *other);
void peak_free(struct peak *peak); /* its contents */

#endif
