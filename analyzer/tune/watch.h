/* watch.h - a recording's processes, watched as they are replayed, each with its heaps. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_TUNE_WATCH_H
#define ANALYZER_TUNE_WATCH_H

#include "analyzer/tune/result.h"
#include "analyzer/util/error.h"

struct recording;

/* One replay. */
struct tune_watch {
    const struct api *api; /* the system whose pools are simulated */
    const struct tune_setting *settings;
    unsigned setting_count;
    int32_t pid;       /* only what this process does is added up; 0: all */
    struct tune *tune; /* check, sum, places, worst */
    uint64_t least;    /* bytes in the blocks of a pool that was made without a size; 0: none was */
    uint64_t held[TUNE_SETTINGS]; /* by all pools as they ended, or by those of the setting's place
                                   */
    uint64_t most[PROCESS_KINDS]
                 [TUNE_SETTINGS]; /* of the worst process of each kind, by index... */
    const struct tune_worst *of; /* ... as they are here, PROCESS_KINDS of them, in a second replay;
                                    NULL: those that are found */
    struct keymap place_numbers; /* by replay_place(); the caller frees it, as all of `tune` */
};

/* False with *ERROR set when RECORDING cannot be read. */
bool tune_watch(struct tune_watch *watch, struct recording *recording, struct error *error);

#endif
