/*
 * target.h - which recording a process is written to.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TOP_TARGET_H
#define ANALYZER_TOP_TARGET_H

#include "analyzer/util/error.h"

/* The directory of the trace that process PID has mapped. NULL with *ERROR set when it has none, or
 * may not be asked. The caller owns it. */
char *top_target(long pid, struct error *error);

#endif
