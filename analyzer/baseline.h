/*
 * baseline.h - the file of findings that are accepted, lifeguard-baseline(5).
 */
#ifndef LIFEGUARD_BASELINE_H
#define LIFEGUARD_BASELINE_H

#include "error.h"
#include "known.h"

#include <stdbool.h>

/* Reads the baseline NAME into *LIST, which the caller frees. False with *ERROR set, to file and
 * line, when it cannot be read. */
bool baseline_read(const char *name, struct known_list *list, struct error *error);

/* Replaces NAME. Sorts LIST. */
bool baseline_write(const char *name, struct known_list *list, struct error *error);

#endif
