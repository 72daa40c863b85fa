/*
 * directory.h - the directory of a recording, before and after the program runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_DIRECTORY_H
#define ANALYZER_RECORD_DIRECTORY_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Makes DIR, for its owner alone. Where it exists already: false, or with REPLACE the *.trace files
 * in it are removed, and nothing else. False with *ERROR set when it cannot be recorded into; then
 * what was made is removed.
 */
bool record_dir_prepare(const char *dir, bool replace, struct error *error);

/* Whether a trace can be made in DIR now; else false with *ERROR set. */
bool record_dir_usable(const char *dir, struct error *error);

struct record_result {
    size_t traces;   /* usable ones */
    size_t running;  /* of these, whose process still runs */
    size_t stopped;  /* of these, in which recording stopped before it was asked to */
    bool hooked;     /* in one of them at least */
    bool unpoisoned; /* --poison was asked for, and a pool system there has no way to do it */
    uint64_t bytes;  /* in all of them */
};

/* Looks at the traces in DIR, and cuts those whose process has ended to what was written. */
struct record_result record_dir_finish(const char *dir);

#endif
