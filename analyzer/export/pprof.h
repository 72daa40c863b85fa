/*
 * pprof.h - the profile of pprof, of what was added up already.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_EXPORT_PPROF_H
#define ANALYZER_EXPORT_PPROF_H

#include "analyzer/util/label_set.h"

#include <stdbool.h>
#include <stdio.h>

struct analysis;
struct pool_profile;

/* As export_pprof() does. LABELS are comments beside those of the recording. False: zlib is out of
 * memory. */
bool pprof_write(FILE *out, const struct analysis *analysis, const struct pool_profile *profile,
                 const struct label_set *labels);

#endif
