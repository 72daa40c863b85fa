/*
 * divergence.h - where a unit of work that leaked went another way than one that did not: both came
 * to the same place by the same backtrace, and made a pool there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_DIVERGENCE_H
#define ANALYZER_RULES_DIVERGENCE_H

#include "analyzer/replay/recording.h"

#include <stdbool.h>
#include <stdint.h>

#define DIVERGENCE_CANDIDATES 4

/* A pool that was made in a unit of work. */
struct made_pool {
    uint64_t address, tick;
    uint32_t unit;    /* index; 0: none */
    uint32_t created; /* stack */
    unsigned label;   /* number of the unit's */
};

/* Pools of one place that were destroyed in the unit in which they were made: the last of some. */
struct ended_pools {
    struct made_pool items[DIVERGENCE_CANDIDATES];
    unsigned next;
};

/* The two to compare; units 0: there are none. Then what came of that. */
#define DIVERGENCE_SETTLED UINT32_MAX

struct divergence {
    uint32_t process; /* index in the recording; DIVERGENCE_SETTLED: it was looked for before */
    struct made_pool left, ended;
    bool known;
    uint32_t stack, other_stack; /* the first event of the one that leaked that the other has not at
                                    its place; and that one's. 0: the unit was over */
    uint32_t event, other_event; /* enum trace_event_kind */
};

/* POOL, made in the unit that PROCESS is in, is destroyed in it. */
void ended_pools_add(struct ended_pools *ended, const struct process *process,
                     const struct pool *pool);

/* Of POOL, which was left behind, and of the last of ENDED that came by its backtrace: of the same
 * label, if there is one. */
struct divergence divergence_of(const struct ended_pools *ended, const struct process *process,
                                const struct pool *pool);

/* Compares the two. */
void divergence_find(struct divergence *divergence, struct recording *recording);

/* "allocated", "pool destroyed" ...: what happened; "the unit ended" without a stack. */
const char *divergence_event(uint32_t event, uint32_t stack);

#endif
