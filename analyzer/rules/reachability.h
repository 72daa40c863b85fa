/*
 * reachability.h - what a walk of the pools' memory said of what a finding is about.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_REACHABILITY_H
#define ANALYZER_RULES_REACHABILITY_H

#include "analyzer/replay/replay.h"

#include <stdint.h>

struct reachability {
    uint64_t
        unreachable; /* pools that nothing refers to: a lower bound, as stale words hide some */
    uint64_t alive;  /* pools that their place made, alive then */
    uint64_t held;   /* bytes in the blocks of those and of all below them */
    uint8_t when;    /* enum trace_walk_when, of the walk that found the first */
    struct unit last, walk;    /* units: of the last event on the first one, of that walk */
    uint64_t last_ns, walk_ns; /* the same as times, ns since 1970 */
    /* dangling-pointer: */
    char *holder; /* label of the pool whose data holds the address, any bytes; NULL: a
                     variable does; owned */
    uint64_t
        holder_offset; /* of the place from that pool's address; UINT64_MAX: in a further block */
    uint64_t offset;   /* of the address from the destroyed pool's, or in a further block of it */
    bool further;
};

struct reachability *reachability_copy(const struct reachability *from); /* owned; of NULL: NULL */
void reachability_free(struct reachability *reachability);
/* Makes FROM, which passes on, one with *INTO; either may be NULL. */
void reachability_absorb(struct reachability **into, struct reachability *from);

/* "exit", "shutdown", "fork", "unit" */
const char *walk_when_name(unsigned when);

#endif
