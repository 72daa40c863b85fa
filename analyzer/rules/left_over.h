/*
 * left_over.h - what is left of pools of which nearly all end: by when they were made it shows
 * whether they were forgotten, also where they are too few to be growth.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_LEFT_OVER_H
#define ANALYZER_RULES_LEFT_OVER_H

#include "analyzer/rules/cohorts.h"

/* What to do about them. */
extern const char left_over_advice[];

/* Counts what is left of each cohort in LEDGER, which are judged: made units later than all that
 * ended ever lived for. Those that do not pile up and of which a few are left pile up, too, and are
 * `few`. Whether there are any. */
bool left_over_judge(struct ledger *ledger);

/* Whether POOL, alive in the end, is left over of COHORT. */
bool is_left_over(const struct ledger *ledger, const struct cohort *cohort,
                  const struct pool *pool);

/* Whether what is left of COHORT was made as often late as early, or nearly: a cache keeps what it
 * is asked for first. */
bool left_over_is_spread(const struct cohort *cohort, uint32_t units);

/* Whether so few of those that came by WAY are left that it makes others than what lasts. */
bool is_seldom_left(const struct way *way);

/* How COHORT, of which FINDING tells that a few are left, grew. */
struct series_growth left_over_growth(const struct finding *finding, const struct cohort *cohort);

#endif
