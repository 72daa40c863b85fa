/*
 * text.h - a text that is written into memory, as to a file.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_TEXT_H
#define ANALYZER_UTIL_TEXT_H

#include <stddef.h>
#include <stdio.h>

struct text {
    char *bytes; /* after text_close(), terminated */
    size_t length;
    FILE *out;
};

/* Begins TEXT; what is returned is its `out`. When memory is out, the program ends. */
FILE *text_open(struct text *text);

/* Ends it. Returns its bytes, which the caller frees. */
char *text_close(struct text *text);

#endif
