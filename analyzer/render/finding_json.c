/* finding_json.c - what every form of a finding in JSON says: see finding_json.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/finding_json.h"

#include "analyzer/render/last_use.h"

#include "analyzer/render/frame.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/json.h"

#include <stdlib.h>

void set_finding_class(json_t *json, const struct finding *finding)
{
    json_set(json, "rule", json_string(finding->rule));
    json_set(json, "severity", json_string(severity_name(finding->severity)));
    json_set(json, "kind", json_string(process_kind_name(finding->kind)));
    json_set(json, "phase", json_string(process_phase_name(finding->phase)));
}

void set_finding_sums(json_t *json, const struct finding *finding)
{
    json_set(json, "count", json_count(finding->count));
    json_set(json, "counts_pools", json_boolean(finding->pools));
    json_set(json, "bytes", json_count(finding->bytes));
    json_set(json, "held_bytes", json_count(finding->cost.end));
    json_set(json, "peak_bytes", json_count(finding->cost.peak));
    json_set(json, "held_per_unit", json_number(finding->cost.a_unit));
    json_set(json, "held_estimated", json_boolean(finding->cost.estimated));
    json_set(json, "stops_at", finding->stops_at ? json_count(finding->stops_at) : json_null());
}

void set_finding_advice(json_t *json, const struct finding *finding)
{
    json_set(json, "first", time_json(finding->first_ns));
    json_set(json, "last", time_json(finding->last_ns));
    json_set(json, "last_day", text_json(last_day_name(finding->last_day)));
    char *advice = last_use_advice(finding);
    json_set(json, "advice", text_json(advice));
    free(advice);
}
