/*
 * string_table.h - each distinct tag of a recording once, as a number from 1; 0 is "". One thread
 * at a time may add to it, while others read what they have the numbers of.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_STRING_TABLE_H
#define ANALYZER_UTIL_STRING_TABLE_H

#include "analyzer/util/keymap.h"
#include "analyzer/util/stable_array.h"

#include <stddef.h>
#include <stdint.h>

/* Tags may be chosen by whoever talks to the program: beyond so many, all new ones are one. */
#define STRINGS_MAX (1u << 20)

struct strings {
    struct keymap first; /* hash to the first string with it */
    struct stable_array items;
    size_t count;
};

uint32_t strings_intern(struct strings *strings, const char *bytes, size_t length);
/* The same of TEXT as a whole. */
uint32_t strings_intern_text(struct strings *strings, const char *text);
const char *strings_get(const struct strings *strings, uint32_t number);
void strings_free(struct strings *strings);

#endif
