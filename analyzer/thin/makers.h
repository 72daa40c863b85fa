/*
 * makers.h - the pools that others are made in: whether they are known to have ended, or to have
 * been emptied.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_MAKERS_H
#define ANALYZER_THIN_MAKERS_H

#include "analyzer/thin/young.h"

/* Whether the pool at ADDRESS is known to have ended, by itself or with one above it. */
bool makers_is_dead(const struct reducer *reducer, uint64_t address);

/* EVENT made a pool. */
void makers_note(struct reducer *reducer, const struct trace_event *event);
/* What EVENT, a MOVE, CLEAR or DESTROY, does to what is known of its pool. */
void makers_change(struct reducer *reducer, const struct trace_event *event);

#endif
