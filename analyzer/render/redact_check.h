/*
 * redact_check.h - a verdict without what is not to leave the host, see analyzer/util/redact.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_REDACT_CHECK_H
#define ANALYZER_RENDER_REDACT_CHECK_H

struct gate;
struct suppressions;

/* Once redact_analysis() was done: redacts what GATE says, and the words of the user's
 * SUPPRESSIONS that it refers to. */
void redact_check(struct gate *gate, struct suppressions *suppressions);

#endif
