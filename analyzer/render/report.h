/*
 * report.h - the leak report, for people and for programs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_REPORT_H
#define ANALYZER_RENDER_REPORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

struct analysis;

/* BRIEF: no more than the head and the summary. */
void render_report_text(FILE *out, const struct analysis *analysis, bool brief);

/* As lifeguard-report(1) describes it. New reference. */
json_t *report_json(const struct analysis *analysis);

/* The same without what grows with processes: version, recording, findings, summary. */
json_t *report_findings_json(const struct analysis *analysis);

/* Writes the report to OUT, indented, with a newline at the end. False when it could not be
 * written. */
bool render_report_json(FILE *out, const struct analysis *analysis);

#endif
