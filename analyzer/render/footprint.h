/*
 * footprint.h - how much memory a process has beside what its pools hold, in words and as JSON.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_FOOTPRINT_H
#define ANALYZER_RENDER_FOOTPRINT_H

#include "analyzer/profile/footprint.h"

#include <jansson.h>
#include <stdio.h>

/* "grew from 7.4 MB to 31.6 MB in memory: pools hold 23.9 MB of the 24.2 MB", or why not known. */
void print_footprint(FILE *out, const struct footprint *footprint);

/* null where it is not known. */
json_t *footprint_json(const struct footprint *footprint);

#endif
