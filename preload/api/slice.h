/* slice.h - parts of a text that are not terminated, and the words in them. Nothing is copied. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_API_SLICE_H
#define PRELOAD_API_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slice {
    const char *text; /* not terminated */
    size_t length;    /* bytes */
};

bool slice_equals(struct slice slice, const char *string);
bool slice_same(struct slice a, struct slice b);
bool slice_starts_with(struct slice slice, const char *prefix);

/* Whether LIST, separated by commas, has WORD. */
bool slice_lists(struct slice list, struct slice word);

/* Without blanks at its ends; without the double quotes around it, if they are there. */
struct slice slice_trim(struct slice slice);
struct slice slice_unquote(struct slice slice);

/* Cuts *REST at the first of STOPS outside double quotes; returns what came before it. */
struct slice slice_cut(struct slice *rest, const char *stops);

/* Cuts the first word off *REST; empty when there is none. */
struct slice slice_word(struct slice *rest);

/* Cuts PREFIX off the start of *WORD; false: it is not there. */
bool slice_skip(struct slice *word, const char *prefix);

/* A decimal number or, after 0x, a hexadecimal one; false: WORD is none that fits. */
bool slice_number(struct slice word, uint32_t *number);

#endif
