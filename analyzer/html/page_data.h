/*
 * page_data.h - what the page shows, as JSON: the report as it is, and the history.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_PAGE_DATA_H
#define ANALYZER_HTML_PAGE_DATA_H

#include <stddef.h>

struct analysis;
struct check;
struct history;

/*
 * As text in one line that is safe inside a <script> element, of at most MOST bytes: what is many
 * is folded until it fits. With the verdict of CHECK, NULL: there is none. ANALYSIS may have been
 * replayed again since it was made. The caller owns the text. NULL: it does not fit.
 */
char *page_data(const struct analysis *analysis, const struct check *check,
                const struct history *history, size_t most);

#endif
