/*
 * metrics_file.h - a text file for node exporter's collector, kept up to date and removed in the
 * end: what stays behind would be served for ever.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SERVE_METRICS_FILE_H
#define ANALYZER_SERVE_METRICS_FILE_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>

struct metrics_file {
    const char *name;
    bool written; /* by us: it is ours to remove */
    bool failed;  /* the last time, which was said */
};

/* Whether NAME can be such a file, as far as can be told before it is written. False with *ERROR
 * set, NAME first. */
bool metrics_file_check(const char *name, struct error *error);

/* Replaces it by the LENGTH bytes of TEXT, as a whole. Says on stderr, once, when that fails. */
void metrics_file_write(struct metrics_file *file, const char *text, size_t length);

/* Removes it, and says so on stderr. */
void metrics_file_end(struct metrics_file *file);

#endif
