/*
 * turnover.h - pools that come and go by themselves, as those of clients do: there are now more of
 * them and now fewer, which is no leak.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_TURNOVER_H
#define ANALYZER_RULES_TURNOVER_H

#include "analyzer/rules/ledger.h"

#include <stdbool.h>

/* Of the cohorts in LEDGER, which are judged, those of which pools ended by themselves in later
 * units than they were made in pile up only if that is more than how they come and go. Whether any
 * is left that piles up. */
bool turnover_judge(struct ledger *ledger);

/* Whether there were ever more, and hardly ever fewer: in the second half, too. */
bool turnover_keeps_rising(const struct series_growth *growth);

#endif
