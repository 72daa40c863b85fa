/*
 * cohorts.h - what leaked-subpool counts: the pools that one place makes, in units of one kind.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_COHORTS_H
#define ANALYZER_RULES_COHORTS_H

#include "analyzer/rules/describe.h"
#include "analyzer/rules/endings.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"

extern const char leaked_subpool_name[], leak_advice[];

/* The pools that one place made in units of one kind. */
struct cohort {
    uint32_t site;  /* the place, see replay_site() */
    uint32_t stack; /* the first way to it */
    enum api_mark_kind unit;
    uint64_t alive, made;
    struct span span;
    struct series over_units; /* of `alive` */
    struct series_growth growth;
    bool piles_up;
    bool few;                   /* what is left over of many that end */
    uint32_t begun;             /* the first unit in which one was made */
    uint32_t living[3];         /* alive in the end, by the third in which they were made: see
                                   turnover.h */
    uint64_t ends, lives;       /* of those that ended by themselves in a later unit: how many, and
                                   the units together that they were there for */
    uint64_t gone;              /* that ended in a later unit, also with what held them */
    uint32_t longest;           /* units that one of these was there for */
    uint32_t third_gone;        /* unit in which the third of them ended */
    uint64_t left, left_at;     /* alive for longer than that, and units after `begun`, together, in
                                   which they were made: see left_over.h */
    uint32_t first_left;        /* the first of these units */
    uint64_t overdue;           /* alive in the end, for much longer than these were */
    uint64_t apart;             /* alive in the end, and not made along with what comes and goes */
    bool gave_back;             /* one that outlived its unit ended by itself */
    bool flushes;               /* many ended at once by themselves, and it went on */
    uint32_t last, last_serial; /* the pool that was made last */
    uint32_t ended;             /* stack by which some that outlived their unit ended before */
    char *path;                 /* of one that outlived its unit, while they piled up; owned */
    struct ending *ending;      /* the last one; owned */
    uint32_t destroyer;      /* stack that destroyed most that were destroyed by themselves, ... */
    uint64_t destroyer_lead; /* ...if any did: by how many more than all others */
    struct ended_pools in_time; /* those that ended in their unit */
    uint32_t next_ending;       /* number of the next cohort with an active one */
    /* What is alive in the end; the pools themselves are counted by the ways to the place: */
    uint64_t below; /* pools under these that pile up, too */
    bool told;
};

/* From 1. */
static inline struct cohort *cohort_number(const struct ledger *ledger, uint32_t number)
{
    return (struct cohort *)ledger->items + (number - 1);
}

static inline uint32_t cohort_number_of(const struct ledger *ledger, const struct cohort *cohort)
{
    return (uint32_t)(cohort - cohort_number(ledger, 1)) + 1;
}

/* The way by which POOL, which was just made, came: it is counted from now on. */
struct way *cohort_way_for(struct ledger *ledger, const struct pool *pool, uint64_t tick);

/* The way that POOL came by, 0: none that is watched; and the cohort that it is of, or NULL. */
uint32_t cohort_way_of(const struct ledger *ledger, const struct pool *pool);
struct cohort *cohort_of(const struct ledger *ledger, const struct pool *pool);
/* The same of POOL, which ends. */
struct cohort *cohort_ended(struct ledger *ledger, const struct pool *pool);

/* A finding about COHORT, of which no pool is described yet. */
struct finding leak_finding(const struct cohort *cohort);

/* FINDING, whose count and bytes are known, tells of GROWTH by UNIT in PROCESS, and what to do. */
void leak_set_growth(struct finding *finding, const struct process *process,
                     enum api_mark_kind unit, const struct series_growth *growth);

#endif
