/*
 * folded_sums.h - what rules saw in processes whose traces are gone: read, and added to, see
 * analyzer/replay/folded.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_FOLDED_SUMS_H
#define ANALYZER_RULES_FOLDED_SUMS_H

#include "analyzer/rules/watch.h"
#include "analyzer/util/fields.h"

/* Of many processes so many are known by their pids, and by what each had: the others are counted.
 */
#define FOLDED_PIDS   1024
#define FOLDED_SHARES 256

/* SUMS, which are empty, have what RECORDING has of such processes, if anything: before its replay.
 * What is damaged is refused. */
void folded_sums_read(struct sums *sums, struct recording *recording);

/* The same written. What was found where is looked up now, while the traces are there. */
void folded_sums_write(struct sums *sums, struct recording *recording, struct fields *fields);

#endif
