/*
 * label_set.h - what somebody calls a host or a build by: "K=V", for time series and databases.
 *
 * A key has letters, digits and '_', no digit first; a value anything printable but a comma. The
 * keys that the command itself writes are not to be had.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_LABEL_SET_H
#define ANALYZER_UTIL_LABEL_SET_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>

#define LABELS_MAX      16
#define LABEL_KEY_MAX   32  /* bytes */
#define LABEL_VALUE_MAX 128 /* bytes */

struct label {
    char *key, *value;
};

/* A zeroed struct is an empty one. */
struct label_set {
    struct label items[LABELS_MAX];
    size_t count;
};

/* Adds "K=V"; a key that is there gets the new value. False with *ERROR set. */
bool label_set_add(struct label_set *set, const char *text, struct error *error);

/* Adds "K=V,K=V" of a recording, without what is none. */
void label_set_read(struct label_set *set, const char *text);

/* Adds those of MORE, which win. What is beyond LABELS_MAX is left out. */
void label_set_join(struct label_set *set, const struct label_set *more);

/* "K=V,K=V"; the caller frees it. */
char *label_set_text(const struct label_set *set);

void label_set_free(struct label_set *set);

#endif
