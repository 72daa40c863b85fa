/*
 * finding_json.h - what every form of a finding in JSON says: the report's and the rows' for
 * databases. In the order of the calls, which is that of their keys.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_FINDING_JSON_H
#define ANALYZER_RENDER_FINDING_JSON_H

#include <jansson.h>

struct finding;

/* rule, severity, kind, phase. */
void set_finding_class(json_t *json, const struct finding *finding);

/* count, bytes, and what its pools hold. */
void set_finding_sums(json_t *json, const struct finding *finding);

/* first, last, advice. */
void set_finding_advice(json_t *json, const struct finding *finding);

#endif
