/* coverage_text.h - how complete a record is, in words. */
/* SPDX-License-Identifier: MIT */
#ifndef ANALYZER_RENDER_COVERAGE_TEXT_H
#define ANALYZER_RENDER_COVERAGE_TEXT_H

#include "analyzer/replay/coverage.h"
#include "analyzer/util/number_text.h"

#include <stdio.h>

#define AMOUNT_TEXT (UNITS_TEXT + 16)

/* "100 % of bytes and allocations", "99.97 % of bytes, 100 % of allocations". */
void coverage_text(FILE *out, const struct coverage *coverage);

/* "357.2 KB", "1,165 allocations", into TEXT, which is returned. */
const char *coverage_amount(enum coverage_unit unit, uint64_t amount, char text[AMOUNT_TEXT]);

#endif
