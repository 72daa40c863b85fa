/*
 * recorder.h - which version of the recorder wrote a recording.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_RECORDER_H
#define ANALYZER_RENDER_RECORDER_H

#include "analyzer/replay/recording.h"

#define RECORDER_TEXT 64 /* bytes, enough for what is told */

/* "0.9.0", or the oldest and the newest, "0.9.0 to 1.0.0", where processes differ. Returns TEXT. */
const char *recorder_text(const struct recording *recording, char text[RECORDER_TEXT]);

#endif
