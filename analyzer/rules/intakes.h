/*
 * intakes.h - what each backtrace takes from a pool that is older than the unit of work it is in,
 * and what all of them do: for growing-pool, in whose ledger they are the items.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_INTAKES_H
#define ANALYZER_RULES_INTAKES_H

#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"

/* What one stack, or all, took from one pool in units of one kind. */
struct intake {
    uint32_t pool,
        stack;    /* numbers; pool 0: free, to be used again; stack INTAKE_ALL: all together */
    uint32_t all; /* number of the intake of all; its own is 0 */
    enum api_mark_kind unit;
    uint32_t next; /* number of the next intake of the pool or, when free, the next free one */
    uint64_t count, bytes; /* of what is still there */
    uint64_t gone;         /* allocations given back in a later unit */
    uint64_t most, highs;  /* bytes there ever were at a time; how often that was more than ever */
    bool gives_back;       /* not all is */
    bool in_root;          /* the pool is an object, and was straight in a root when it took last */
    bool of_task;          /* the pool is a task's, and these units are others' */
    bool told;             /* it is part of a finding */
    struct span span;
    struct series over_units; /* of `bytes` */
};

#define INTAKE_ALL UINT32_MAX /* no stack has this number */

static inline struct intake *intake_number(const struct ledger *ledger, uint32_t number)
{
    return (struct intake *)ledger->items + (number - 1);
}

/* The number of the intake of STACK, or INTAKE_ALL, from POOL in the unit that PROCESS is in: made
 * where there is none. */
uint32_t intake_for(struct ledger *ledger, const struct process *process, const struct pool *pool,
                    uint32_t stack);
/* The same, of a unit of any kind; 0: there is none. */
uint32_t intake_find(const struct ledger *ledger, uint32_t pool, uint32_t unit, uint32_t stack);

/* The number of the first intake from a pool; 0: none is known. */
uint32_t intakes_first(const struct ledger *ledger, uint32_t pool);

/* That pool was cleared in UNIT: what it takes from then on is counted from then on. */
void intakes_cleared(struct ledger *ledger, uint32_t pool, struct unit unit);
/* It has ended: its number may be another one's. */
void intakes_ended(struct ledger *ledger, uint32_t pool);

/* All from that pool are free to be used again. */
void intakes_forget(struct ledger *ledger, uint32_t pool);

#endif
