/*
 * nearest.h - the word that somebody who mistyped another one meant.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_NEAREST_H
#define ANALYZER_UTIL_NEAREST_H

#include <stddef.h>

/* The one of COUNT words that WORD of LENGTH bytes is like: one that it begins, or that it differs
 * from in a third of its letters at most, each of which may be missing, too much, another one or
 * in its neighbour's place. The first of several as near. NULL: none is. */
const char *nearest_word(const char *word, size_t length, const char *const *words, size_t count);

#endif
