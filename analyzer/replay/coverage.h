/*
 * coverage.h - the proof that a record is complete: for each pool, traced bytes against the bytes
 * really used in its blocks, wherever the recorder saw both.
 */
#ifndef ANALYZER_REPLAY_COVERAGE_H
#define ANALYZER_REPLAY_COVERAGE_H

#include <stddef.h>
#include <stdint.h>

#define COVERAGE_SAMPLES 10 /* mismatches kept in full */

struct coverage_mismatch {
    int32_t pid;
    char *tag;             /* raw bytes; NULL: none */
    char *path;            /* labels from the root down, " > " between */
    uint64_t traced, used; /* bytes */
};

struct coverage {
    uint64_t pools;        /* comparisons made, one a pool destroyed, cleared, or surveyed */
    uint64_t traced_bytes; /* over these */
    uint64_t used_bytes;
    uint64_t mismatches; /* how many differed */
    uint64_t in_change;  /* not compared: another thread was at work on the pool at the fork */
    struct coverage_mismatch samples[COVERAGE_SAMPLES]; /* the first ones */
    size_t sample_count;
};

/* Adds one comparison. Returns the sample to fill in when it is a mismatch to keep, or NULL. */
struct coverage_mismatch *coverage_add(struct coverage *coverage, uint64_t traced, uint64_t used);
/* Adds PART, which is cleared. */
void coverage_join(struct coverage *coverage, struct coverage *part);
void coverage_clear(struct coverage *coverage);

#endif
