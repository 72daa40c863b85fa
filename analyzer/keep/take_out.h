/*
 * take_out.h - takes what will not change any more out of a trace that is written, and keeps it
 * beside it, see analyzer/trace/kept.h. It is on the disk there before it is gone here: whenever
 * this ends, the trace is whole.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_TAKE_OUT_H
#define ANALYZER_KEEP_TAKE_OUT_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdint.h>

struct kept_trace;

/* Of the trace NAME in the directory PATH, open as DIR. The caller frees it. */
struct kept_trace *kept_trace_new(int dir, const char *path, const char *name);
void kept_trace_free(struct kept_trace *trace);
const char *kept_trace_name(const struct kept_trace *trace);

enum taken {
    TAKEN,        /* what could be was */
    TAKEN_ALL,    /* the process has ended, and all was: there will be no more */
    TAKEN_NOTHING /* the process has ended, and nothing is kept: what was recorded is there */
};

/*
 * Looks at the trace, and takes out what is settled if it is LEAST bytes or more, or all that there
 * is of a process that has ended. False with *ERROR set: it cannot be; the trace is whole all the
 * same.
 */
bool kept_trace_look(struct kept_trace *trace, uint64_t least, enum taken *taken,
                     struct error *error);

/* Bytes of the disk that thinning what was taken out would be about, where it is worth it; else 0.
 */
uint64_t kept_trace_full(const struct kept_trace *trace);

/* Thins that. False with *ERROR set: it failed; what was taken out is as it was. */
bool kept_trace_thin(struct kept_trace *trace, struct error *error);

/* Bytes that were taken out, and what they take where they are kept. */
void kept_trace_sizes(const struct kept_trace *trace, uint64_t *out, uint64_t *packed);

#endif
