/*
 * tune.h - what the blocks of a recording's pools cost, and what they would with other sizes: its
 * pools are replayed through their system's own way to hand out blocks.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TUNE_TUNE_H
#define ANALYZER_TUNE_TUNE_H

#include "analyzer/tune/result.h"
#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdint.h>

struct recording;

/* What to try. */
struct tune_wish {
    int32_t pid;           /* that process alone; 0: the worst */
    const uint64_t *sizes; /* of the system's parameter, bytes; none: some */
    unsigned size_count;   /* less than TUNE_SETTINGS */
};

/* Replays RECORDING, which must outlive it. False with *ERROR set when that cannot be read;
 * tune_free() is called in any case. */
bool tune_read(struct tune *tune, struct recording *recording, const struct tune_wish *wish,
               struct error *error);
void tune_free(struct tune *tune);

#endif
