/*
 * history_sites.h - what is alive of each site (analyzer/profile/alloc_sites.h) at the moments of a
 * history.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_HISTORY_SITES_H
#define ANALYZER_HTML_HISTORY_SITES_H

#include "analyzer/html/history.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes by the site's number, from 1; what is beyond is zero. Owned; a zeroed struct is empty. */
struct alive {
    uint64_t *bytes;
    size_t count;
};

/* The numbers in a row of a process's own sites, by index; 0: none yet. Owned. */
struct site_numbers {
    uint32_t *items;
    size_t count;
};

/* The number of SITE in ROW, made when new. */
uint32_t history_site(struct history_row *row, const struct alloc_site *site);

/* Adds what is alive of SITES, a process's, to SUM, by their numbers in ROW, which NUMBERS keeps.
 */
void alive_add(struct alive *sum, const struct alloc_sites *sites, struct history_row *row,
               struct site_numbers *numbers);

/* Notes in CHANGES what is otherwise NOW than BEFORE. */
void alive_changes(struct history_changes *changes, const struct alive *before,
                   const struct alive *now);

/* What is alive of SITES by their own numbers. The caller frees its bytes. */
struct alive alive_of(const struct alloc_sites *sites);

#endif
