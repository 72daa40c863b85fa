/*
 * info_runs.h - of the runs of the daemon that one directory holds, what lifeguard info tells.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_INFO_RUNS_H
#define ANALYZER_RENDER_INFO_RUNS_H

#include "analyzer/render/style.h"
#include "analyzer/replay/recording.h"

#include <stdio.h>

/* Nothing, where there is one alone. */
void put_runs(FILE *out, const struct style *style, const struct recording *recording);

#endif
