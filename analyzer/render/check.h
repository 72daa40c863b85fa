/*
 * check.h - the gate's judgement, for people and for programs. Each renderer writes to a
 * file of its own and returns false with errno set when it could not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_CHECK_H
#define ANALYZER_RENDER_CHECK_H

#include "analyzer/gate/gate.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/symbols/source_map.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* What is rendered. */
struct check {
    const struct analysis *analysis;
    const struct gate *gate;
    const struct source_map *sources;
    bool fails; /* findings do; or, without doubts, stale suppressions where they are to */
};

typedef bool check_renderer(FILE *out, const struct check *check);

check_renderer render_check_json;
check_renderer render_check_sarif;       /* SARIF 2.1.0 */
check_renderer render_check_junit;       /* JUnit's XML */
check_renderer render_check_codequality; /* GitLab's code quality report */

/* In a job of GitHub Actions: the text so that nothing in it is taken for a command, annotations,
 * and the step's summary. False with errno set when the summary's file cannot be written. */
bool in_github_actions(void);
bool render_check_github(FILE *out, const struct check *check);

/* The verdict by itself, as it is in JSON. New reference. */
json_t *check_gate_json(const struct check *check);

void render_check_text(FILE *out, const struct check *check);

#endif
