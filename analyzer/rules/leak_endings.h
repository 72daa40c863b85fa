/*
 * leak_endings.h - pools that outlived their units, piled up, and end after all: with what held
 * them, or as the process ends.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_LEAK_ENDINGS_H
#define ANALYZER_RULES_LEAK_ENDINGS_H

#include "analyzer/rules/cohorts.h"

/* POOL, of COHORT, outlived its unit and ends with WITH. */
void leak_endings_add(struct rule_state *state, const struct process *process,
                      struct cohort *cohort, const struct pool *pool, const struct pool *with,
                      uint32_t stack);

/* HOLDER, of COHORT or none, ended after what lay in it. */
void leak_endings_hold(struct ledger *ledger, const struct cohort *cohort,
                       const struct pool *holder);

/* One of COHORT was made again: where time is the unit, what ended before is complete. */
void leak_endings_remade(struct rule_state *state, const struct process *process,
                         const struct cohort *cohort);

/* What ended in the open unit is complete, and judged. LAST: so is the process. */
void leak_endings_finish(struct rule_state *state, const struct process *process, bool last);

#endif
