/* scan.h - looks at a process or core file: result.h has what is found. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_SCAN_SCAN_H
#define ANALYZER_SCAN_SCAN_H

#include "analyzer/scan/result.h"

/*
 * Walks SYSTEM in TARGET, several times where there is something to tell: what is so each time is
 * told; of words in pools that refer to free blocks, if ALL is wanted. False with *ERROR set: the
 * process ended meanwhile. Else *SCAN is ended with scan_free().
 */
bool scan_run(struct scan *scan, struct scan_target *target, const struct scan_system *system,
              bool all, struct error *error);
void scan_free(struct scan *scan);

/* Why nothing could be judged; NULL: it was. */
const char *scan_obstacle(const struct scan *scan);

#endif
