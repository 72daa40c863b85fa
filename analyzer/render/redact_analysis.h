/*
 * redact_analysis.h - an analysis without what is not to leave the host, see
 * analyzer/util/redact.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_REDACT_ANALYSIS_H
#define ANALYZER_RENDER_REDACT_ANALYSIS_H

struct analysis;

/* Starts redacting, and redacts the findings of ANALYSIS; whoever matches their names does so
 * before. */
void redact_analysis(struct analysis *analysis);

/* What stands for a path of pools' labels; PATH or, redacted, of what stands for each label. The
 * caller owns it. */
char *redact_pool_path(const char *path);

#endif
