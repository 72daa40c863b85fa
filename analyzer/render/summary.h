/*
 * summary.h - the worst of a report in a few lines.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_SUMMARY_H
#define ANALYZER_RENDER_SUMMARY_H

#include "analyzer/render/text.h"
#include "analyzer/rules/analysis.h"

#define SUMMARY_ROWS 10 /* at most */

/* A line for each kind of process: at its worst moment, what one of it held, against what it had in
 * the end, and who held it. */
void print_worst_moments(const struct text_report *report, const struct analysis *analysis);

/* A line for each kind of process: the one that grew most in memory, and what pools hold of that.
 */
void print_footprints(const struct text_report *report, const struct analysis *analysis);

/* Whether FINDING is an allocation from a root pool that does not grow: there may be hundreds, each
 * of little weight. */
bool is_summed_up(const struct finding *finding);

/* The worst findings, a line each, no two alike; nothing where there are none. Those that are
 * summed up are one line for each phase of a kind of process. */
void print_summary(const struct text_report *report, const struct findings *findings);

/* Where FINDING is to be mended: "file.c:12", "module!function" or "module+0x1234", raw; CALLERS of
 * the frames outside are told, too. The caller frees it. */
char *finding_where(const struct finding *finding, const struct name_source *names,
                    unsigned callers);

#endif
