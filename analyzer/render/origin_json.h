/* origin_json.h - where a recording is from and why it may be no proof, for reports in JSON and
 * rows for databases. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_ORIGIN_JSON_H
#define ANALYZER_RENDER_ORIGIN_JSON_H

#include "analyzer/profile/origin.h"

#include <jansson.h>

/* Sets host, boot, cgroup, build_id and labels; and package and version where WITH_PACKAGE. */
void set_origin(json_t *json, const struct origin *origin, bool with_package);

/* What units of work, and processes that serve a connection, are called where its pool systems are
 * APIS, which may be NULL: by the names that programs read. New reference. */
json_t *unit_words_json(const struct api_set *apis);

/* Sentences, see analyzer/gate/doubts.h. New reference. */
json_t *doubts_json(const struct recording *recording);

#endif
