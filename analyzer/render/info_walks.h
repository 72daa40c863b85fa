/* info_walks.h - when and how often the recorder walked the pools' memory, and where it did not. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_INFO_WALKS_H
#define ANALYZER_RENDER_INFO_WALKS_H

#include <stdio.h>

struct style;
struct walk_stats;

void put_walks(FILE *out, const struct style *style, const struct walk_stats *walks);

#endif
