/*
 * series.h - a value over units of work (commands, restarts, connections), in bounded memory.
 *
 * What counts is the value at the end of each unit: what comes and goes within one leaves no
 * trace. A value is pushed only when it changes, units in between keep the last one. Units lie in
 * at most SERIES_BUCKETS buckets, which begin at multiples of their width and double their width
 * when they are full; pushing is O(1) amortised, however many units are skipped.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_SERIES_H
#define ANALYZER_RULES_SERIES_H

#include "analyzer/rules/label_growth.h"

#include <stdbool.h>
#include <stdint.h>

#define SERIES_BUCKETS     64
#define SERIES_SHAPE       16
#define SERIES_UNITS_LEAST 3 /* units with growth, the fewest that tell growth from chance */
#define SERIES_LATE_LEAST  6 /* the same of growth that began late: what does not last is over */

struct series_bucket {
    uint64_t minimum; /* of the values at the ends of its units */
    uint64_t growth;  /* sum of what units ended higher than the one before */
    uint32_t grew;    /* units that ended higher */
    bool uneven;      /* not all of them by the same */
};

struct series {
    uint32_t first; /* first unit */
    uint32_t unit;  /* unit that is open */
    uint32_t width; /* units a bucket */
    uint32_t last_grew;
    bool turns_over; /* for the caller to set: most of what units brought went in later ones */
    uint64_t value;  /* now */
    uint64_t before; /* at the end of the unit before the open one */
    struct series_bucket *buckets;    /* NULL until a second unit has come; owned */
    const struct unit_labels *labels; /* of its units, while it has not ended; or NULL */
    struct label_counts grown;        /* units that ended higher, by label */
    struct label_growth label;        /* once it has ended: which those were, ... */
    bool label_fills; /* ...and that they are of one label, of whose units ever fewer grew */
};

struct series_growth {
    uint32_t units; /* that the series covers, the last one included */
    uint32_t since; /* of these, since the first that grew or, after a long rest, did again */
    uint32_t grew;  /* units that ended higher than the one before */
    uint64_t total; /* what they grew by together */
    double median;  /* growth of a unit that grew */
    bool estimated; /* that is one of means over several units, not the median itself */
    /* Grew in SERIES_UNITS_LEAST units or more, in each third of the units, and was not at rest in
     * the end; where it began later than in the first third: in SERIES_LATE_LEAST, and in each
     * third of the units since. */
    bool growing;
    bool steady;    /* growing, about as often late as early: not in bursts, not slowing down */
    bool scattered; /* growing, in few of many units, and not as a clock: what is opened when it is
                       needed first does so, too */
    bool fading;    /* growing, in ever fewer units: what is filled as it is asked for does so */
    bool alike;     /* SERIES_LATE_LEAST units or more grew, all by the same: what a cache keeps of
                       different things does not */
    bool rising;    /* the lowest value is higher from each of these thirds to the next */
    struct label_growth label;    /* which units those were that grew */
    unsigned shape_count;         /* SERIES_SHAPE, or fewer units than that */
    uint64_t shape[SERIES_SHAPE]; /* the value in the course of the units */
};

/* The value is 0 before unit FIRST. */
void series_start(struct series *series, uint32_t first);
void series_free(struct series *series);

/* The value from now on, in UNIT; a UNIT before the last one pushed counts as that one. */
void series_push(struct series *series, uint32_t unit, uint64_t value);

/* Its units, which are commands, have LABELS from now on. */
void series_label(struct series *series, const struct unit_labels *labels);

/* How it grew up to unit LAST. Where all units of one label grew, and no other, that is growth also
 * if there were few of them in a part of the time. Ends the series: only what is below and
 * series_free() may follow. */
struct series_growth series_end(struct series *series, uint32_t last);
struct series_growth series_growth(const struct series *series); /* the same again */
/* How it grew up to the unit before the open one, if there is one: which has not ended, as it need
 * not have. It has buckets. */
struct series_growth series_growth_before(const struct series *series);
/* The same of growth that must have been there from the first third on: of what is still there of
 * all that was made, the latest are there longest where each is kept for a time. */
struct series_growth series_growth_throughout(const struct series *series);

/* Whether SERIES, which has ended and has buckets, can be one, whoever wrote its fields. */
bool series_is_whole(const struct series *series);

/*
 * Adds PART to SUM, which may be zeroed; both have ended and have buckets. Which units grew is
 * exact up to SERIES_BUCKETS units; of wider buckets that grew in parts, it is as many as there can
 * be.
 */
void series_add(struct series *sum, struct series *part);

/* PART is a part of WHOLE, both as above: it grew in no more units than that. */
void series_cap(struct series *part, struct series *whole);

#endif
