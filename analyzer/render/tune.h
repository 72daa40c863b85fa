/* tune.h - what lifeguard tune shows. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_TUNE_H
#define ANALYZER_RENDER_TUNE_H

#include "analyzer/symbols/logical_stack.h"
#include "analyzer/tune/tune.h"

#include <stdio.h>

struct recording;

/* TUNE was possible, but for survivors. TOP: how many places are shown. */
void render_tune_text(FILE *out, const struct tune *tune, const struct recording *recording,
                      const struct name_source *names, size_t top);
void render_tune_json(FILE *out, const struct tune *tune, const struct recording *recording,
                      const struct name_source *names);

#endif
