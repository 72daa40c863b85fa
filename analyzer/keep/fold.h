/*
 * fold.h - what many processes that ended came to is kept in sums, and their traces go.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_FOLD_H
#define ANALYZER_KEEP_FOLD_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FOLD_AT     512 /* traces of processes that ended; then... */
#define FOLD_LATEST 192 /* ...those that ended last stay, */
#define FOLD_WORST  64  /* and of the others those in which pools held most, */
#define FOLD_UNUSUAL                                                                               \
    256 /* and the latest of those that lost events, were ended by a signal or the like */

struct folder;

/* DIR, in PATH, is a recording's. The caller frees it. */
struct folder *folder_new(int dir, const char *path);
void folder_free(struct folder *folder);

/* Another PACKED traces are there, by now. LAST: nobody looks again. False with *ERROR set. */
bool folder_look(struct folder *folder, size_t packed, bool last, struct error *error);

#endif
