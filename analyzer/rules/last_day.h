/*
 * last_day.h - what grew in the last day of a recording of several: beside weeks of work it does
 * not stand out.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_LAST_DAY_H
#define ANALYZER_RULES_LAST_DAY_H

#include "analyzer/rules/finding.h"
#include "analyzer/util/error.h"

struct recording;

/* When the last day of RECORDING begins, ns since 1970; 0: it is no longer than two, or cannot be
 * read. */
uint64_t last_day_begin(struct recording *recording);

/* Says of each in FINDINGS, of all the time, that grows, whether it does in DAY, those of the last
 * day; adds those that are in DAY alone. DAY's contents pass on. */
void last_day_join(struct findings *findings, struct findings *day);

#endif
