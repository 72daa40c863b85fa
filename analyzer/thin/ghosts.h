/*
 * ghosts.h - pools that were left out: what has to be told if somebody uses them after their end.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_GHOSTS_H
#define ANALYZER_THIN_GHOSTS_H

#include "analyzer/thin/young.h"

/* POOL was left out. */
void ghost_add(struct reducer *reducer, const struct young *pool);
/* Another pool is at ADDRESS. */
void ghost_forget(struct reducer *reducer, uint64_t address);

/* EVENT, which comes next in UNIT, is about what was at ADDRESS: that is told before it. True: it
 * was left out. */
bool ghost_tell(struct reducer *reducer, struct unit_events *unit, uint64_t address,
                const struct trace_event *event);
/* The same of all there are. */
void ghosts_tell_all(struct reducer *reducer, struct unit_events *unit,
                     const struct trace_event *event);

#endif
