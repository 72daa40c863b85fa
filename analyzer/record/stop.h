/*
 * stop.h - ends a recording while its processes go on: the recorder in them reads a word in the
 * header of its trace, which it has mapped.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_STOP_H
#define ANALYZER_RECORD_STOP_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Of every process that writes a trace in DIR now; none begins another there. *ENDED: how many
 * these are. False with *ERROR set when that is not possible, or there is none.
 */
bool record_stop(const char *dir, size_t *ended, struct error *error);

#endif
