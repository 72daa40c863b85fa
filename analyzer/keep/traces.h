/*
 * traces.h - the traces of a recording that is looked after.
 */
#ifndef ANALYZER_KEEP_TRACES_H
#define ANALYZER_KEEP_TRACES_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>

/* How many traces DIR has. False with *ERROR set: it cannot be read. */
bool traces_count(const char *dir, size_t *count, struct error *error);

/* Whether a process still writes one of them. */
bool traces_are_written(const char *dir);

#endif
