/*
 * fates.h - what becomes of the pools of a unit of work that is over.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_FATES_H
#define ANALYZER_THIN_FATES_H

#include "analyzer/thin/young.h"

/* Decides what of UNIT stays, and writes that. SURVIVE: pools that are alive have outlived it. */
void unit_flush(struct reducer *reducer, struct unit_events *unit, bool survive);

/* Writes the sums, as of TICK, in that thread. */
void reducer_sum_up(struct reducer *reducer, uint32_t thread, uint64_t tick);

#endif
