/*
 * unit_growth.h - by how much something grew in a unit of work, in one process.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_UNIT_GROWTH_H
#define ANALYZER_RULES_UNIT_GROWTH_H

#include "analyzer/rules/series.h"
#include "preload/api/pool_api.h"

#include <stdbool.h>
#include <stdint.h>

struct unit_growth {
    enum api_mark_kind unit;   /* API_MARK_KINDS: no growth per unit is known */
    int32_t pid;               /* the process that is spoken of */
    uint64_t units;            /* how many units were seen */
    uint64_t grew;             /* in how many of them it grew */
    bool largest;              /* in one unit, the largest of those that grew */
    bool steady;               /* or in bursts, or slowing down */
    double count, bytes;       /* growth in a unit that grew: the median, see series.h */
    bool estimated;            /* the bytes are, by a mean of some units */
    double mean;               /* of the bytes; differs where units grew by different ones */
    struct label_growth label; /* which units those are that grew */
    unsigned shape_count;
    uint64_t shape[SERIES_SHAPE]; /* what grew, in the course of the units */
    struct series *series;        /* that all this is of; NULL: not kept; owned */
    uint64_t taken;               /* allocations in the series */
};

/* COUNT and BYTES are for one unit that grew. */
struct unit_growth unit_growth(enum api_mark_kind unit, int32_t pid,
                               const struct series_growth *growth, double count, double bytes);

/* SERIES, which has ended and whose contents pass on, is one of bytes that came in TAKEN
 * allocations. */
struct unit_growth unit_growth_of(enum api_mark_kind unit, int32_t pid, struct series *series,
                                  uint64_t taken);

/*
 * Makes two one. Growth of one process in one kind of unit adds up, unit by unit where both series
 * are kept. Else the larger growth is kept, whichever process was watched longer. FROM's contents
 * pass on.
 */
void unit_growth_absorb(struct unit_growth *into, struct unit_growth *from);

/* More than zero when A is the larger growth in a unit, less when B is. */
int unit_growth_compare(const struct unit_growth *a, const struct unit_growth *b);

void unit_growth_free(struct unit_growth *growth); /* its contents */

#endif
