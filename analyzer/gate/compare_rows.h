/*
 * compare_rows.h - a side of a comparison out of rows for databases: what many hosts exported, see
 * lifeguard-export(1).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_COMPARE_ROWS_H
#define ANALYZER_GATE_COMPARE_ROWS_H

#include "analyzer/gate/compare.h"

/* Does file NAME begin with such a row? */
bool compare_is_rows(const char *name);

/* Reads all rows of SIDE's file into it; of several exports of a recording what the last one told
 * counts. A finding of several recordings is that of the one where
 * most is added in a unit. False with *ERROR set, file and line first, when it cannot be read. */
bool compare_read_rows(struct side *side, struct error *error);

#endif
