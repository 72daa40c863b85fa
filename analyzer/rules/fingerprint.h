/*
 * fingerprint.h - what a finding is known by from build to build and from run to run: a hash of
 * its rule, its kind and phase, its pool's path of labels and the names in its backtrace, without
 * addresses, lines, versions, numbers or times. A second, nearby one takes only the pool's own
 * label and the innermost frames: by it, what moved is recognised.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_FINGERPRINT_H
#define ANALYZER_RULES_FINGERPRINT_H

#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"

/* STACK: the culprit's. */
struct fingerprint fingerprint(const struct finding *finding, const struct logical_stack *stack);

/*
 * Sets the id of every finding. Where several would share one, because they differ in lines alone,
 * the first in the source keeps it and each further one has its own, made of its number in that
 * order: it stays while lines move together. Its places get theirs, of their own backtraces:
 * those that differ in lines alone share one.
 */
void fingerprints_assign(struct findings *findings, const struct name_source *names);

#endif
