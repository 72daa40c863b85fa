/*
 * exported_rows.h - what the rows of an export were, in a file for the next one: of each id a hash,
 * so that what is new or changed since can be told.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_EXPORT_EXPORTED_ROWS_H
#define ANALYZER_EXPORT_EXPORTED_ROWS_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDING_ID_TEXT 17 /* bytes: 16 hexadecimal digits */

enum exported_kind {
    EXPORTED_RECORDING,
    EXPORTED_FINDING, /* its fingerprint and the kind of process */
    EXPORTED_POOL,
    EXPORTED_STACK,
    EXPORTED_ALLOCATION, /* its pool and its stack */
    EXPORTED_KINDS
};

/* "finding" and such: what `row` says. */
const char *exported_kind_name(enum exported_kind kind);

/* The rows of one id. */
struct exported_row {
    enum exported_kind kind;
    uint64_t id[2];
    uint64_t hash; /* the sum of those of its rows */
};

/* -1, 0, 1: in the order of kinds and ids. */
int exported_row_compare(const struct exported_row *a, const struct exported_row *b);

/* A zeroed struct is an empty one. */
struct exported_rows {
    char recording[RECORDING_ID_TEXT]; /* whose */
    struct exported_row *items;        /* in order, each id once */
    size_t count, capacity;
};

void exported_rows_free(struct exported_rows *rows);

enum exported_reading { EXPORTED_READ, EXPORTED_MISSING, EXPORTED_BROKEN };

/*
 * Reads the file NAME, which links do not lead to. EXPORTED_MISSING: there is none; BROKEN: it
 * cannot be read, is cut, or is none of ours. Both leave ROWS empty, and say so in *ERROR, NAME
 * first.
 */
enum exported_reading exported_rows_read(struct exported_rows *rows, const char *name,
                                         struct error *error);

/* Replaces the file NAME as a whole. False with *ERROR set, NAME first. */
bool exported_rows_write(const struct exported_rows *rows, const char *name, struct error *error);

#endif
