/*
 * since_last.h - the rows of an export that are new or changed since the last one of that
 * recording, and which are gone.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_EXPORT_SINCE_LAST_H
#define ANALYZER_EXPORT_SINCE_LAST_H

#include "analyzer/export/exported_rows.h"

#include <jansson.h>
#include <stdio.h>

struct since_last;

/*
 * What was exported last is in the file STATE. Where it is not there or damaged, all rows count as
 * new, and *ERROR says so; else its text is "". The caller frees it.
 */
struct since_last *since_last_open(const char *state, struct error *error);
void since_last_free(struct since_last *since);

/* A row with the id A, B of its KIND; JSON's reference is passed on. */
void since_last_add(struct since_last *since, enum exported_kind kind, uint64_t a, uint64_t b,
                    json_t *json);

/* All rows of RECORDING (an id of 16 digits) have been added: writes those that are wanted. Each
 * has `exported`, when; that of the recording has `whole`: it is no addition to an earlier export.
 */
void since_last_write(struct since_last *since, const char *recording, FILE *out);

/* They have arrived: notes that for the next time. False with *ERROR set. */
bool since_last_save(const struct since_last *since, struct error *error);

#endif
