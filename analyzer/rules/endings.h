/*
 * endings.h - pools of one creation stack that outlived the units of work in which they were made,
 * and end together in one: what piled up counts also when it is given back in the end.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_ENDINGS_H
#define ANALYZER_RULES_ENDINGS_H

#include "analyzer/replay/replay.h"
#include "analyzer/rules/births.h"
#include "analyzer/rules/finding.h"

#include <stdbool.h>
#include <stdint.h>

/* Fewer growths than these are no pattern where what grew was given back. */
#define ENDING_UNITS_LEAST 6

struct ending {
    bool active;             /* pools of it end in the open unit */
    struct unit unit;        /* which that is */
    enum api_mark_kind kind; /* of the units they were made in */
    struct births births;
    struct label_counts labels; /* of the commands they were made in; owned */
    uint32_t labelled;          /* the last one of these that was counted */
    uint64_t pools, bytes;
    uint32_t created;      /* stack that made most of them, if one did... */
    uint64_t created_lead; /* ...by how many more than others, of those seen so far */
    struct cost cost;      /* for the rule to add up */
    uint64_t below;        /* pools of others that ended below them */
    uint32_t stack;        /* that ended the last one */
    uint64_t anew;         /* of `pools`, that ended where none of them had before */
    uint64_t held;         /* of `pools`, that ended with one above them... */
    uint32_t under; /* serial of the pool that those lay in which ended last by themselves... */
    uint64_t under_count; /* ...and how many these are */
    uint64_t child;       /* ...which was itself of an ending */
    uint32_t above;       /* of whose, as the rule numbers them */
    uint32_t since;  /* unit in which the first of those that held them was made; 0: before any */
    bool documented; /* what held them has a documented role */
    struct finding first; /* what is said of them: tag, role, path; rule NULL: nothing yet; owned */
};

/* POOL, in PARENT (NULL: none), ends with WITH. Begins anew in each unit. */
void ending_add(struct ending *ending, const struct process *process, const struct pool *pool,
                const struct pool *parent, const struct pool *with);

/* HOLDER, in which some lay that ended by themselves in the same unit, ends, too: systems that say
 * it when it is done tell of those first. How many that were. */
uint64_t ending_hold(struct ending *ending, const struct pool *holder);

/* How they had piled up since unit FIRST, of kind UNIT, when they ended. False: they had not in
 * UNITS or more. */
bool ending_grew(const struct ending *ending, const struct process *process,
                 enum api_mark_kind unit, uint32_t first, uint32_t units,
                 struct series_growth *growth);

/* Whether most of them ended because what held them did. */
bool ending_is_held(const struct ending *ending);

void ending_free(struct ending *ending); /* and its contents; NULL is none */

#endif
