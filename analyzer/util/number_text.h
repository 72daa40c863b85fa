/*
 * number_text.h - numbers as people write them. What returns TEXT has room for UNITS_TEXT bytes
 * there.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_NUMBER_TEXT_H
#define ANALYZER_UTIL_NUMBER_TEXT_H

#include <stdint.h>

#define UNITS_TEXT 48

/* "1776 B", "9.8 KB", "3.2 MB": exact below 4096, then in powers of 1024. */
char *bytes_text(uint64_t bytes, char text[UNITS_TEXT]);

/* "35,071" */
char *count_text(uint64_t count, char text[UNITS_TEXT]);

/* "350 ms", "41 s", "2 min 5 s", "1 h 3 min" */
char *duration_text(uint64_t ns, char text[UNITS_TEXT]);

/* Bytes: a number, with K, M, G or T for powers of 1024 behind it; 0: TEXT is none, or 0, or too
 * large. */
uint64_t size_read(const char *text);

#endif
