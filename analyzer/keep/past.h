/*
 * past.h - of what is kept, how much is kept in full. Of what is older only that stays which
 * findings need, see analyzer/thin/thin.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_PAST_H
#define ANALYZER_KEEP_PAST_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdint.h>

struct kept_trace;
struct past;

/* Of the recording in PATH, open as DIR, both of which outlive it: FULL bytes on the disk. The
 * caller frees it. */
struct past *past_new(int dir, const char *path, uint64_t full);
void past_free(struct past *past);

/* The trace NAME is there, whose process has ended. Once for each in a look at all of them. */
void past_note(struct past *past, const char *name);

/* The same of one whose process goes on. */
void past_note_live(struct past *past, struct kept_trace *trace);

/* Where those that were noted take more, the oldest are thinned, until they take three quarters of
 * that; then what was taken out of those that go on. False with *ERROR set: it failed with some;
 * they are as they were. */
bool past_thin(struct past *past, struct error *error);

#endif
