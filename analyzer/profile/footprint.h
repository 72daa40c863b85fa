/*
 * footprint.h - how much memory a process has, as the kernel counts it, since its work began, and
 * how much of that its pools hold.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_FOOTPRINT_H
#define ANALYZER_PROFILE_FOOTPRINT_H

#include "analyzer/replay/replay.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum footprint_state {
    FOOTPRINT_NOT_NOTED, /* the recorder did not: an earlier one, or it was killed before */
    FOOTPRINT_BEFORE,    /* its peak was before it was recorded, or was this program */
    FOOTPRINT_KNOWN
};

/* In bytes, without the trace's own pages. All are 0 where it is not known. */
struct footprint {
    enum footprint_state state;
    int32_t pid;
    uint32_t index;       /* of the process in the recording */
    uint64_t first, peak; /* in memory: as its work began or else the process, and at most */
    uint64_t pools;       /* what pools held at their worst moment more than at first */
    bool estimated;       /* `pools` is */
    uint64_t now;         /* of a process that still runs here; whatever the state is; else 0 */
    uint64_t last;        /* of one that was ended, as who ended it saw it before; else 0 */
};

/* What it grew by. */
static inline uint64_t footprint_growth(const struct footprint *footprint)
{
    return footprint->peak > footprint->first ? footprint->peak - footprint->first : 0;
}

/* What of that pools hold: memory that was there is used again, too. */
static inline uint64_t footprint_explained(const struct footprint *footprint)
{
    const uint64_t growth = footprint_growth(footprint);
    return footprint->pools < growth ? footprint->pools : growth;
}

/* Whether what grew is elsewhere: most of it, and so much that code used first cannot be it. */
bool footprint_is_elsewhere(const struct footprint *footprint);

/* Keeps the one that grew more in *MOST. */
void footprint_keep_larger(struct footprint *most, const struct footprint *other);

/* A pool that was there, or none. */
struct footprint_pool {
    uint64_t bytes;
    uint32_t serial; /* 0: none */
};

/* What a process's pools held as its first unit of work began, or else the process. All zero before
 * the process; footprint_base_free() is called in any case. */
struct footprint_base {
    bool works;                   /* a unit has begun, ... */
    uint64_t tick;                /* ...then; else 0 */
    struct footprint_pool *pools; /* that were there, by their numbers */
    uint32_t limit;               /* of these numbers */
    uint64_t held; /* in blocks of those that were there, as far as they have been added */
    bool estimated;
};

/* MARK comes, before it is counted. */
void footprint_base_mark(struct footprint_base *base, const struct replay *replay,
                         const struct process *process, enum api_mark_kind mark);
/* POOL ends, or the process does: what it held then is known best now. */
void footprint_base_add(struct footprint_base *base, const struct replay *replay,
                        const struct pool *pool);
void footprint_base_free(struct footprint_base *base);

/* Of the process at its end, whose pools held HELD bytes at their worst moment; all that were there
 * at the beginning have been added to BASE. */
struct footprint footprint_of(const struct process *process, const struct footprint_base *base,
                              uint64_t held, bool estimated);

#endif
