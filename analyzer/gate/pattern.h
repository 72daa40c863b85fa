/*
 * pattern.h - patterns as in the suppressions of LeakSanitizer: a part of a text, "*" for anything,
 * "^" at its start and "$" at its end where the text must begin and end.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_PATTERN_H
#define ANALYZER_GATE_PATTERN_H

#include <stdbool.h>

/* TEXT may be NULL, which nothing matches. */
bool pattern_matches(const char *pattern, const char *text);

#endif
