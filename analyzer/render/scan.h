/* scan.h - what lifeguard scan found, for people and for programs. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_SCAN_H
#define ANALYZER_RENDER_SCAN_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

struct scan;
struct scan_target;
struct style;

/* "process 71 (/usr/sbin/proftpd): proftpd's pools, in proftpd: 663 pools hold 512 KB ..." */
void render_scan_head(FILE *out, const struct style *style, const struct scan *scan,
                      const struct scan_target *target);

/* The tree: pools that are alike share a line. */
void render_scan_tree(FILE *out, const struct style *style, const struct scan *scan);

/* The findings, and what could not be judged. */
void render_scan_findings(FILE *out, const struct style *style, const struct scan *scan);

/* One system of the target. A new reference. */
json_t *scan_json(const struct scan *scan);

/* The pool number INDEX of SCAN and those that it is below, from the top, " > " between them.
 * Owned by the caller; not escaped. */
char *scan_path(const struct scan *scan, uint32_t index);

#endif
