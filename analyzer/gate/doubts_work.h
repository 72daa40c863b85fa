/*
 * doubts_work.h - adds to the doubts: work in which no unit was counted, or too little of it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_DOUBTS_WORK_H
#define ANALYZER_GATE_DOUBTS_WORK_H

#include "analyzer/gate/doubts_list.h"
#include "analyzer/replay/recording.h"

void doubts_of_work(struct doubts *doubts, const struct recording *recording);

/* One for each kind of unit of which fewer began than REQUIRED, by enum api_mark_kind. */
void doubts_require(struct doubts *doubts, const struct recording *recording,
                    const uint64_t required[API_MARK_CONNECTION + 1]);

#endif
