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
 * file. A trace that is damaged, or of which survivors were recorded, is not thinned.
 */
enum thin_result thin_trace(const char *dir, const char *path, int fd, struct error *error);

#endif
