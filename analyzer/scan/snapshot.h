/*
 * snapshot.h - a copy of what a process may write, taken at once: what is looked at then is of one
 * moment, nearly, and is not read twice.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_SCAN_SNAPSHOT_H
#define ANALYZER_SCAN_SNAPSHOT_H

#include "analyzer/scan/target.h"

#define SNAPSHOT_MAX (UINT64_C(256) << 20) /* bytes; of what is larger there is none */

struct scan_snapshot;

/* NULL: it would be too large, or there is no memory for it. */
struct scan_snapshot *scan_snapshot_take(struct scan_target *target);
void scan_snapshot_free(struct scan_snapshot *snapshot);

/* As walk_view() does, of SNAPSHOT, which may be NULL. */
const void *scan_snapshot_view(struct scan_snapshot *snapshot, uint64_t address, size_t *size);

#endif
