/*
 * info_guard.h - how many allocations were guarded (LIFEGUARD_GUARD), and how many were to be and
 * were not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_INFO_GUARD_H
#define ANALYZER_RENDER_INFO_GUARD_H

#include "analyzer/util/json.h"

#include <stdint.h>
#include <stdio.h>

struct style;

/* GUARDED: counts by enum trace_guarded. Nothing is said where all are 0. */
void put_guarded(FILE *out, const struct style *style, const uint64_t *guarded);

json_t *guarded_json(const uint64_t *guarded);

/* The same of those that were sampled (LIFEGUARD_STALE): by enum trace_sampled. */
void put_sampled(FILE *out, const struct style *style, const uint64_t *sampled);
json_t *sampled_json(const uint64_t *sampled);

#endif
