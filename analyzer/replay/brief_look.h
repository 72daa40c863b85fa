/*
 * brief_look.h - looks ahead to the end of a pool that is made: see brief_kinds.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_BRIEF_LOOK_H
#define ANALYZER_REPLAY_BRIEF_LOOK_H

#include "analyzer/replay/internal.h"

#define BRIEF_DEPTH 8 /* pools, one within the other */

/* What is behind the end of the pool that EVENT makes, all events up to END being at hand; NULL: it
 * is not brief, or others that are made until then are not. */
const struct trace_event *brief_look(struct replay *replay, const struct trace_event *event,
                                     const struct trace_event *end);

#endif
