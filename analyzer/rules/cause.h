/*
 * cause.h - one cause, one finding. What is to blame for a finding is a place in the program: the
 * innermost frame outside the pool library. The backtraces that come through it are its parts.
 * Where most pools that were made through that place end in time, it only makes them for others:
 * then the nearest callers that leave them behind are to blame, each by itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_CAUSE_H
#define ANALYZER_RULES_CAUSE_H

#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"

/*
 * Adds what one rule FOUND, whose contents pass on, to FINDINGS: what has one cause is one finding.
 * Each has its parts from then on, and each part its fingerprint.
 */
void causes_add(struct findings *findings, struct findings *found, const struct name_source *names);

/* Whether what STACK tells has the cause of FINDING: whether it came through the same place. */
bool cause_is_same(const struct finding *finding, uint32_t stack, const struct name_source *names);

#endif
