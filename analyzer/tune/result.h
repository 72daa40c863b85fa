/*
 * result.h - what is found out of the blocks of a recording's pools.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TUNE_RESULT_H
#define ANALYZER_TUNE_RESULT_H

#include "analyzer/replay/replay.h"
#include "analyzer/tune/pools.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TUNE_SAMPLES 10 /* pools that are otherwise than simulated, kept in full */
#define TUNE_PLACES  3  /* that another size of their own is tried for */

/* Where pools are made. */
struct tune_place {
    uint32_t created;      /* stack of one */
    char *label;           /* that its pools have, as far as one was seen; NULL: none. Raw bytes */
    struct tune_sum sum;   /* over the recording, each pool as it ended, or the process did */
    struct tune_sum worst; /* at the worst moment of the worst process */
    uint64_t most;         /* that one pool asked for */
    uint64_t with;         /* that one was made with, if its system has that */
    uint32_t looked;       /* for the replay: how many were looked at for a label */
};

/* A pool whose blocks are otherwise than simulated. */
struct tune_mismatch {
    int32_t pid;
    uint32_t place;
    uint64_t simulated, recorded; /* bytes */
};

struct tune_check {
    uint64_t pools, mismatches; /* compared, each time that their memory was looked at */
    uint64_t unknown;           /* not compared: they were not seen being made */
    struct tune_mismatch samples[TUNE_SAMPLES];
};

/* The worst moment of the process of a kind that had most from malloc(), as simulated. */
struct tune_worst {
    bool known;
    int32_t pid;
    uint32_t index; /* of the process in the recording */
    uint64_t ns;    /* since 1970 */
    uint64_t held, spare, asked;
};

/* A setting, and what the worst process of each kind would have had at most; and what all pools
 * would have held as they ended, or those of the setting's place. */
struct tune_tried {
    struct tune_setting setting;
    uint64_t most[PROCESS_KINDS];
    uint64_t held;
};

enum tune_fault {
    TUNE_POSSIBLE,
    TUNE_NO_SYSTEM, /* no pool was recorded */
    TUNE_NO_MODEL,  /* its blocks are not known here */
    TUNE_SURVIVORS  /* pools that ended soon are not in the recording */
};

struct tune {
    enum tune_fault fault;
    const struct api *api; /* the system that it is about; lives as long as the recording */
    unsigned others;       /* pool systems beside it, which it is not about */
    struct heap_rules rules;
    struct tune_check check;
    struct tune_sum sum;
    struct tune_worst worst[PROCESS_KINDS];
    struct tune_place *places; /* those that waste most first; number 0 is none, and last */
    size_t place_count;
    struct tune_tried tried[2 * TUNE_SETTINGS]; /* the first is what was recorded */
    unsigned tried_count;
};

/* What SUM has that was not asked for. */
static inline uint64_t tune_waste(const struct tune_sum *sum)
{
    return sum->held > sum->asked ? sum->held - sum->asked : 0;
}

#endif
