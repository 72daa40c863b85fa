/*
 * baseline.h - the file of findings that are accepted, lifeguard-baseline(5).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_BASELINE_H
#define ANALYZER_GATE_BASELINE_H

#include "analyzer/gate/known.h"
#include "analyzer/util/error.h"
#include "analyzer/util/input_file.h"

#include <stdbool.h>

/* Adds what is in the baseline NAME to *LIST. False with *ERROR set, to file and line, when it
 * cannot be read. */
bool baseline_read(const char *name, struct known_list *list, struct error *error);

/* Whether FILE, of which no line was taken yet, is meant to be a baseline; and what is in it. */
bool baseline_begins(const struct input_file *file);
bool baseline_parse(struct input_file *file, struct known_list *list, struct error *error);

/* Whether NAME is absent, empty, no regular file, or a baseline. False with *ERROR set where it is
 * something else, or a baseline with a mistake in it. */
bool baseline_replaceable(const char *name, struct error *error);

/* Replaces NAME. Sorts LIST. */
bool baseline_write(const char *name, struct known_list *list, struct error *error);

#endif
