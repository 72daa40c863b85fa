/*
 * coverage.h - the proof that a record is complete: for each pool, what was traced against what is
 * really there, wherever the recorder saw both.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_COVERAGE_H
#define ANALYZER_REPLAY_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COVERAGE_SAMPLES 10 /* mismatches kept in full */

/* What is compared: systems differ in what their memory tells. */
enum coverage_unit {
    COVERAGE_BYTES,       /* in use in the blocks */
    COVERAGE_ALLOCATIONS, /* that were not given back */
    COVERAGE_POOLS,       /* made in it, or put below it */
    COVERAGE_UNITS
};

struct coverage_mismatch {
    int32_t pid;
    char *tag;  /* raw bytes; NULL: none */
    char *path; /* labels from the root down, " > " between */
    enum coverage_unit unit;
    uint64_t traced, used; /* of that unit */
};

struct coverage {
    uint64_t pools;                  /* comparisons made, one a pool destroyed, cleared, surveyed */
    uint64_t traced[COVERAGE_UNITS]; /* over these */
    uint64_t used[COVERAGE_UNITS];
    uint64_t differing[COVERAGE_UNITS]; /* the sum of what was missing, or too much, in each */
    uint64_t mismatches;                /* how many differed */
    uint64_t in_change; /* not compared: another thread was at work on the pool at the fork */
    struct coverage_mismatch samples[COVERAGE_SAMPLES]; /* the first ones */
    size_t sample_count;
};

/* Adds one comparison. Returns the sample to fill in when it is a mismatch to keep, or NULL. */
struct coverage_mismatch *coverage_add(struct coverage *coverage, enum coverage_unit unit,
                                       uint64_t traced, uint64_t used);
/* Adds PART, which is cleared. */
void coverage_join(struct coverage *coverage, struct coverage *part);
void coverage_clear(struct coverage *coverage);

/* The percentage of UNIT that was traced; 100 where there was nothing to trace. More than was there
 * counts as what is missing does. */
double coverage_percent(const struct coverage *coverage, enum coverage_unit unit);

/* The lowest of all units. */
double coverage_worst(const struct coverage *coverage);

/* The same where what is too much in one pool makes up for nothing that is missing in another. */
double coverage_least(const struct coverage *coverage);

/* "bytes", "allocations", "pools". */
const char *coverage_unit_name(enum coverage_unit unit);

/* Was anything of UNIT compared? Of bytes, too, where nothing else was. */
bool coverage_has(const struct coverage *coverage, enum coverage_unit unit);

#endif
