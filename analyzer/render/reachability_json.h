/* reachability_json.h - what walks of the pools' memory said, for reports in JSON. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_REACHABILITY_JSON_H
#define ANALYZER_RENDER_REACHABILITY_JSON_H

#include "analyzer/replay/recording.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/json.h"

/* Of a finding; null where a walk said nothing of it. */
json_t *reachability_json(const struct finding *finding);

/* Of a recording. */
json_t *walks_json(const struct walk_stats *walks);

#endif
