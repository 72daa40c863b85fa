/* coverage_text.c - how complete a record is, in words; see coverage_text.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/coverage_text.h"

#define PERCENT_LESS 99.99 /* the highest that is told of what is not all */

static void put_percent(FILE *out, const struct coverage *coverage, enum coverage_unit unit)
{
    const double percent = coverage_percent(coverage, unit);
    if (percent == 100.0)
        fprintf(out, "100 %% of %s", coverage_unit_name(unit));
    else
        fprintf(out, "%.2f %% of %s", percent < PERCENT_LESS ? percent : PERCENT_LESS,
                coverage_unit_name(unit));
}

void coverage_text(FILE *out, const struct coverage *coverage)
{
    unsigned told = 0;
    for (unsigned unit = 0; unit < COVERAGE_UNITS; unit++) {
        if (!coverage_has(coverage, unit))
            continue;
        if (told > 0 && coverage->mismatches == 0) {
            fprintf(out, " and %s", coverage_unit_name(unit));
        } else {
            fputs(told > 0 ? ", " : "", out);
            put_percent(out, coverage, unit);
        }
        told++;
    }
}

const char *coverage_amount(enum coverage_unit unit, uint64_t amount, char text[AMOUNT_TEXT])
{
    char number[UNITS_TEXT];
    if (unit == COVERAGE_BYTES)
        return bytes_text(amount, text);
    snprintf(text, AMOUNT_TEXT, "%s %s", count_text(amount, number), coverage_unit_name(unit));
    return text;
}
