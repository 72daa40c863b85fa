/*
 * record_options.h - the command line of lifeguard record.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_COMMANDS_RECORD_OPTIONS_H
#define ANALYZER_COMMANDS_RECORD_OPTIONS_H

#include "analyzer/record/plan.h"
#include "analyzer/util/label_set.h"

#include <stdbool.h>

struct record_options {
    const char *dir, *api;   /* NULL: not given */
    const char *walk;        /* "off", "end", "units"; NULL: not given */
    const char *stale;       /* "N"; NULL: not given */
    const char *guard;       /* "N", "all", either with ",stop" behind it; NULL: not given */
    const char *max_total;   /* bytes, with K, M, G or T behind it; NULL: not given */
    const char *young;       /* the same, of a pool that is not written yet */
    struct label_set labels; /* beside those of LIFEGUARD_LABELS */
    bool force, poison, crash, addresses, survivors, keep;
    struct record_plan plan;
    char **program;
};

/* Returns an exit status, after help or a message, or -1 to go on. */
int record_options_read(int argc, char **argv, struct record_options *options);

#endif
