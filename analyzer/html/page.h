/*
 * page.h - the page around the data, as text: put together at build time from the parts in this
 * directory and d3. Both are empty where d3 was not at hand.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_PAGE_H
#define ANALYZER_HTML_PAGE_H

extern const char page_before_data[], page_before_data_end[];
extern const char page_after_data[], page_after_data_end[];

#endif
