/*
 * growth_places.h - the parts of a finding, each of one backtrace: the ways by which the program
 * comes to the place that is to blame, and how much each comes to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_GROWTH_PLACES_H
#define ANALYZER_RULES_GROWTH_PLACES_H

#include "analyzer/rules/cost.h"
#include "analyzer/rules/fingerprint_id.h"
#include "analyzer/rules/pid_list.h"
#include "analyzer/rules/process_shares.h"
#include "analyzer/rules/unit_growth.h"

#include <stddef.h>
#include <stdint.h>

#define PLACES_KEPT 256 /* of one finding; the others are summed up */

struct growth_place {
    uint64_t key;   /* the same for those that are one: the stack's number, later its names' */
    uint32_t stack; /* the one of them with the most bytes */
    uint64_t order; /* the stack's, see stacks_order() */
    uint64_t stack_bytes;
    uint64_t count, bytes;        /* allocations or pools, in all processes */
    struct cost cost;             /* what of that is held; of what a pool grows by, not told */
    uint64_t made;                /* leaked-subpool: pools, ended or not */
    struct pid_list pids;         /* that it was seen in, sorted in the end; none: not told */
    struct process_shares shares; /* the same as in struct finding */
    char *path, *tag; /* of its pool, where it is not the finding's; NULL: it is; owned */
    struct unit_growth per_unit;
    struct fingerprint id; /* once the analysis is done */
};

struct growth_places {
    struct growth_place *items;
    size_t count, capacity;
    uint64_t left_out, left_bytes; /* beyond PLACES_KEPT, once the analysis is done */
};

void growth_places_add(struct growth_places *places,
                       struct growth_place place); /* passes its contents on */

/* Adds those of FROM, which is empty then, and makes one of those with the same key and unit. */
void growth_places_join(struct growth_places *places, struct growth_places *from);

/* By growth in a unit, the largest first, and no more than PLACES_KEPT. */
void growth_places_sort(struct growth_places *places);

void growth_place_free(struct growth_place *place); /* its contents */

void growth_places_free(struct growth_places *places);

#endif
