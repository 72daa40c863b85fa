/*
 * thin.h - a trace without what no finding needs: see reducer.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_THIN_H
#define ANALYZER_THIN_THIN_H

#include "analyzer/trace/trace.h"
#include "analyzer/util/error.h"

enum thin_result {
    THIN_DONE,
    THIN_NOTHING, /* there is nothing to leave out: *ERROR says why */
    THIN_FAILED   /* *ERROR is set */
};

/*
 * Writes the trace in the file PATH of the directory DIR, whose process has ended, to FD, an empty
 * file, packed. A trace that is damaged, or of which survivors were recorded, is not thinned.
 */
enum thin_result thin_trace(const char *dir, const char *path, int fd, struct error *error);

/* Of a trace whose process may go on: is the block of events at OFFSET, with that HEADER, to be
 * thinned? Those of a stream that are come first. */
struct thin_choice {
    bool (*chooses)(void *data, uint64_t offset, const struct trace_block *header);
    void *data;
};

/* The same of what CHOICE chooses: FD has blocks in place of these alone, after those of the
 * definitions; *LEFT_OUT: pools that are not in them. */
enum thin_result thin_past(const char *dir, const char *path, const struct thin_choice *choice,
                           int fd, uint64_t *left_out, struct error *error);

#endif
