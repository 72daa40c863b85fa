/*
 * cost.h - what a finding costs: the bytes that it holds in the blocks of pools. That is more than
 * what was asked for: a pool has a block of its own for a few bytes, and may have got a large one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_COST_H
#define ANALYZER_RULES_COST_H

#include "analyzer/replay/replay.h"

#include <stdbool.h>
#include <stdint.h>

struct cost {
    uint64_t end;     /* held when its process ended, or was recorded last; 0: it was given back */
    uint64_t peak;    /* at its largest */
    uint64_t once;    /* of `peak`, what was there at a time, where it came one after the other and
                         went; 0: all of it */
    double a_unit;    /* added in a unit of work that it grew in; 0: it does not grow */
    double a_day;     /* added in a day, at the rate of the recording; 0: it does not grow */
    uint64_t rate_ns; /* how long that was, of which it is the rate; 0: less than a minute, which
                         tells nothing of a day */
    bool estimated;   /* not all was read from the blocks, see replay_pool_held() */
};

/* Adds what POOL holds. */
void cost_add_pool(struct cost *cost, const struct replay *replay, const struct pool *pool);

/* Adds what BYTES of what was taken from POOL hold: their part of its blocks. */
void cost_add_bytes(struct cost *cost, const struct replay *replay, const struct pool *pool,
                    uint64_t bytes);

/* Adds FROM, of other pools or of another process. */
void cost_add(struct cost *cost, const struct cost *from);

#endif
