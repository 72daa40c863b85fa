/*
 * access_json.h - how something was touched that must not be, in the JSON of a finding.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_ACCESS_JSON_H
#define ANALYZER_RENDER_ACCESS_JSON_H

#include "analyzer/rules/access.h"

#include <jansson.h>

/* null: of another rule. */
json_t *access_json(const struct access *access);

#endif
