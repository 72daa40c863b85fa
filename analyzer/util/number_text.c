/* number_text.c - numbers as people write them; see number_text.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/number_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_BELOW 4096
#define MS          UINT64_C(1000000)    /* ns */
#define SECOND      UINT64_C(1000000000) /* ns */

char *bytes_text(uint64_t bytes, char text[UNITS_TEXT])
{
    static const char *const units[] = {"KB", "MB", "GB", "TB", "PB", "EB"};
    if (bytes < EXACT_BELOW) {
        snprintf(text, UNITS_TEXT, "%" PRIu64 " B", bytes);
        return text;
    }
    double value = (double)bytes / 1024;
    unsigned unit = 0;
    /* What would be rounded to 1024.0 of a unit is 1.0 of the next. */
    while (value >= 1023.95 && unit < sizeof units / sizeof *units - 1) {
        value /= 1024;
        unit++;
    }
    snprintf(text, UNITS_TEXT, "%.1f %s", value, units[unit]);
    return text;
}

char *count_text(uint64_t count, char text[UNITS_TEXT])
{
    char digits[UNITS_TEXT];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, count);
    char *out = text;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return text;
}

char *duration_text(uint64_t ns, char text[UNITS_TEXT])
{
    uint64_t seconds = ns / SECOND;
    if (ns < SECOND)
        snprintf(text, UNITS_TEXT, "%" PRIu64 " ms", ns / MS);
    else if (ns < 10 * SECOND)
        snprintf(text, UNITS_TEXT, "%" PRIu64 ".%" PRIu64 " s", seconds, ns / (100 * MS) % 10);
    else if (seconds < 60)
        snprintf(text, UNITS_TEXT, "%" PRIu64 " s", seconds);
    else if (seconds < 3600)
        snprintf(text, UNITS_TEXT, "%" PRIu64 " min %" PRIu64 " s", seconds / 60, seconds % 60);
    else
        snprintf(text, UNITS_TEXT, "%" PRIu64 " h %" PRIu64 " min", seconds / 3600,
                 seconds / 60 % 60);
    return text;
}

uint64_t size_read(const char *text)
{
    static const char units[] = "KMGT";
    const size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
    const unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    if (digits == 0 || digits > 9 || (text[digits] && (!unit || text[digits + 1])))
        return 0;
    return strtoull(text, NULL, 10) << shift;
}
