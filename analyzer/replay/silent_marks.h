/*
 * silent_marks.h - functions with which units of work begin, that were hooked and never called:
 * units of that kind cannot be counted. The compiler may have put such a function into its callers.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_SILENT_MARKS_H
#define ANALYZER_REPLAY_SILENT_MARKS_H

#include "analyzer/replay/recording.h"

#define SILENT_MARKS_MAX 16 /* more are not told */

struct silent_mark {
    struct slice function;
    enum api_mark_kind
        kind; /* API_MARK_COMMAND, _RESTART or _CONNECTION, of which there was none */
};

/* Those of RECORDING, in the order of its descriptions; none where nothing happened on pools.
 * Returns how many. */
unsigned silent_marks(const struct recording *recording,
                      struct silent_mark marks[SILENT_MARKS_MAX]);

/* "F was never called: commands cannot be counted". The caller frees it. */
char *silent_mark_text(const struct silent_mark *mark, const struct api_set *apis);

#endif
