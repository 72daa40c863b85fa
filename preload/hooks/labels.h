/*
 * labels.h - what a unit of work is about, in a word that many units have in common: the verb of a
 * command, the path of a request, the signal that asked for a restart. Nothing else of what a
 * client sent is kept.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_LABELS_H
#define PRELOAD_HOOKS_LABELS_H

#include "preload/api/pool_api.h"
#include "preload/hooks/entry.h"
#include "preload/trace/format.h"
#include "preload/trace/stream.h"

#include <stdbool.h>

#define LABELS_MAX   64      /* different ones of a process: whoever talks to it chooses them */
#define LABEL_OTHERS "other" /* any that comes when there are so many */

/* What MARK, of kind API_MARK_LABEL, says of the call of FRAME is put into the trace, if there is
 * anything to say. Memory is only read where that cannot fault. Async-signal-safe. */
void labels_tell(struct stream *stream, const struct api_mark *mark,
                 const struct entry_frame *frame);

/* The signal that MARK names, if it names one: what asked for a restart. */
void labels_tell_signal(struct stream *stream, const struct api_mark *mark);

/*
 * The label in the string from BEGIN to END, or to a NUL where END is 0: letters, digits, and
 * `.`, `_`, `-`, of a path `/`, too; what else is in a path is `_`. Longer ones are cut. False: it
 * has none, or goes on beyond END.
 */
bool label_read(enum api_label kind, uint64_t begin, uint64_t end, char label[TRACE_LABEL_MAX + 1]);

#endif
