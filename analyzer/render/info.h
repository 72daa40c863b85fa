/*
 * info.h - a recording's own stats, for people.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_INFO_H
#define ANALYZER_RENDER_INFO_H

#include <stdio.h>

struct recording;

/* After the recording was replayed. */
void render_info(FILE *out, const struct recording *recording);

#endif
