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

#define UNITS_LISTED 32

/* Units of one process, of which those that came first are known. */
struct unit_list {
    uint32_t items[UNITS_LISTED];
    uint32_t count, latest;
};

struct unit_growth {
    enum api_mark_kind unit;   /* API_MARK_KINDS: no growth per unit is known */
    int32_t pid;               /* the process that is spoken of */
    uint64_t units;            /* how many units were seen */
    uint64_t grew;             /* in how many of them it grew */
    bool largest;              /* in one unit, the largest of those that grew... */
    struct unit_list listed;   /* ...which are these, as far as they are listed; none: others */
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

/* That of one unit. */
static inline struct unit_list unit_list_of(uint32_t unit)
{
    return (struct unit_list){.items = {unit}, .count = 1, .latest = unit};
}

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
 * pass on. In how many single units it grew is exact where either is of one unit, in the order of
 * time, or both are of UNITS_LISTED at most; of more, it is no less than so many.
 */
void unit_growth_absorb(struct unit_growth *into, struct unit_growth *from);

/* More than zero when A is the larger growth in a unit, less when B is. */
int unit_growth_compare(const struct unit_growth *a, const struct unit_growth *b);

void unit_growth_free(struct unit_growth *growth); /* its contents */

#endif
