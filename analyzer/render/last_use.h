/*
 * last_use.h - whether what a finding is about was used after its unit of work.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_LAST_USE_H
#define ANALYZER_RENDER_LAST_USE_H

#include "analyzer/rules/finding.h"

#include <jansson.h>

/* See lifeguard-json(5); null where nothing was sampled. */
json_t *last_use_json(const struct last_use *use);

/* FINDING's advice, with that before it. Raw bytes: the name of a pool may be in it. The caller
 * owns it; NULL: there is none. */
char *last_use_advice(const struct finding *finding);

#endif
