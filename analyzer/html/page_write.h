/* page_write.h - a recording as one page for a browser. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_HTML_PAGE_WRITE_H
#define ANALYZER_HTML_PAGE_WRITE_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stdint.h>

struct analysis;

/*
 * Writes the page of ANALYSIS, whose recording is replayed once more, to FILE, which is replaced;
 * 5 MB at most. Process PID is shown in full, 0: those with findings are. False with *ERROR set
 * when the recording cannot be read, FILE cannot be written, or this program was built without d3,
 * which draws.
 */
bool page_write(const struct analysis *analysis, int32_t pid, const char *file,
                struct error *error);

#endif
