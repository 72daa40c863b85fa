/*
 * page_rows.h - the processes in the page's data: what they held over time, what happened, and what
 * each backtrace took.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_PAGE_ROWS_H
#define ANALYZER_HTML_PAGE_ROWS_H

#include "analyzer/html/frame_tree.h"
#include "analyzer/html/history.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct analysis;
struct check;

/* At most so many of each are told by themselves. */
struct limits {
    size_t findings, processes, sites_together, sites, moments;
    size_t rows, moments_brief, sites_brief; /* brief: of rows that are not shown in full */
    size_t others;                           /* processes without a row, in a line each */
    size_t text;                             /* bytes of a label */
};

struct page {
    const struct analysis *analysis;
    const struct check *check; /* NULL: nothing was judged */
    const struct history *history;
    struct limits limits;
    struct strings strings;
    struct frame_tree frames;
};

/* Milliseconds since the start of the recording. New reference. */
json_t *page_ms_json(const struct page *page, uint64_t ns);
/* The number of TEXT among the page's strings, null for NULL. New reference. */
json_t *page_string_json(struct page *page, const char *text);

/* All processes together, and those by themselves that are within the limits. New reference. */
json_t *page_rows_json(struct page *page);
/* The others: [pid, kind, start, end, peak, title] of each. New reference. */
json_t *page_others_json(struct page *page);

#endif
