/* page_write.h - a recording as one page for a browser. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_HTML_PAGE_WRITE_H
#define ANALYZER_HTML_PAGE_WRITE_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdint.h>

struct analysis;
struct check;

/*
 * Writes the page of ANALYSIS, whose recording is replayed once more, to FILE, which is replaced;
 * 5 MB at most. What CHECK lets fail and pass is marked; NULL: nothing was judged. Process PID is
 * shown in full, 0: those with findings are. False with *ERROR set when the recording cannot be
 * read, FILE cannot be written, or this program was built without d3, which draws.
 */
bool page_write(const struct analysis *analysis, const struct check *check, int32_t pid,
                const char *file, struct error *error);

#endif
