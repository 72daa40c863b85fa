/*
 * named_stacks.h - for whoever concludes a live analysis in a forked process, again and again: the
 * copy tells which backtraces it named, and who forked it learns the names once for all copies.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_NAMED_STACKS_H
#define ANALYZER_RULES_NAMED_STACKS_H

#include "analyzer/rules/analysis.h"

/* Writes to FD, and closes it, which backtraces FINDINGS have. */
void named_stacks_write(int fd, const struct findings *findings);

/* Reads that from FD to its end, closes it, and names them in LIVE. */
void named_stacks_learn(int fd, const struct live_analysis *live);

#endif
