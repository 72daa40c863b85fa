/*
 * where.h - what an address of the process that is being replayed is or was in, as far as the
 * record has addresses: allocations with pages of their own, objects, and pools themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_WHERE_H
#define ANALYZER_REPLAY_WHERE_H

#include "analyzer/replay/replay.h"

#include <stdbool.h>

enum where_kind {
    WHERE_ALLOCATION, /* in what was allocated */
    WHERE_BEYOND,     /* beside it, on its page or the next */
    WHERE_POOL        /* in the structure that the pool itself is */
};

struct where {
    enum where_kind kind;
    uint64_t start; /* of the allocation, or of the pool */
    struct touched touched;
};

/* False: in nothing that the record knows of. *WHERE is valid until the next event. */
bool replay_where(const struct replay *replay, uint64_t address, struct where *where);

#endif
