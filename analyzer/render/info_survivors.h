/*
 * info_survivors.h - what is said of how processes were recorded: each event, or what survives.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_INFO_SURVIVORS_H
#define ANALYZER_RENDER_INFO_SURVIVORS_H

#include "analyzer/render/style.h"
#include "analyzer/replay/recording.h"
#include "analyzer/util/json.h"

#include <stdio.h>

/* For `lifeguard info`: lines with a head. */
void put_mode(FILE *out, const struct style *style, const struct recording_stats *stats);

/* "survivors", "full", or, where some processes are recorded one way and some the other, "both". */
const char *mode_name(const struct recording_stats *stats);

/* For a report of people: a line that says what it is without, where it is; else NULL. */
const char *mode_remark(const struct recording_stats *stats);

json_t *mode_json(const struct recording_stats *stats);

#endif
