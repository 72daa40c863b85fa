/*
 * feeders.h - which places feed a pool that grows: each place, the innermost code outside the pool
 * library, is a cause by itself, and the backtraces that lead to it are its parts.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_FEEDERS_H
#define ANALYZER_RULES_FEEDERS_H

#include "analyzer/rules/intakes.h"

/*
 * What lets the pool grow that ALL is the intake of, in units of its kind: a finding for each place
 * that feeds it so that it grows, by one backtrace or by several that are too rare alone; and one
 * of all places that are too rare, where these let it grow together. ENDED: the pool ends, or is
 * cleared, and so many units must have grown; 0: it lives. The rule of these is not set. Ends the
 * series of the intakes. The caller frees the items.
 */
struct findings feeders_find(struct ledger *ledger, const struct process *process,
                             struct intake *all, uint32_t ended);

/*
 * The same of what no finding is about yet: one place feeds several pools, which were all made at
 * one place, and early, each of them too rarely to be told by itself.
 */
struct findings feeders_find_spread(struct ledger *ledger, const struct process *process);

#endif
