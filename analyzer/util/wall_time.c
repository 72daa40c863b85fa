/* wall_time.c - moments as people and programs write them; see wall_time.h. */
/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE /* strptime, timegm */

#include "analyzer/util/wall_time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND   1000000000u
#define HALF_DAY (12 * 3600) /* seconds */

char *wall_time_iso(uint64_t ns, char text[WALL_TIME_TEXT])
{
    time_t seconds = (time_t)(ns / SECOND);
    struct tm tm = {0};
    gmtime_r(&seconds, &tm);
    size_t used = strftime(text, WALL_TIME_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + used, WALL_TIME_TEXT - used, ".%09" PRIu64 "Z", ns % SECOND);
    return text;
}

char *wall_time_local(uint64_t ns, char text[WALL_TIME_TEXT])
{
    time_t seconds = (time_t)(ns / SECOND);
    struct tm tm = {0};
    localtime_r(&seconds, &tm);
    strftime(text, WALL_TIME_TEXT, "%Y-%m-%d %H:%M:%S", &tm);
    return text;
}

static double unit_ns(const char **at)
{
    static const struct {
        const char *word;
        double ns;
    } units[] = {{"ms", 1e6}, {"min", 60e9}, {"m", 60e9}, {"s", 1e9}, {"h", 3600e9}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t length = strlen(units[i].word);
        if (strncmp(*at, units[i].word, length) == 0) {
            *at += length;
            return units[i].ns;
        }
    }
    return **at ? -1 : 1e9;
}

/* Numbers, each with its unit; seconds where there is none. */
static bool parse_offset(const char *word, uint64_t start, uint64_t *ns)
{
    const char *at = word + (*word == '+');
    double sum = 0;
    do {
        char *end;
        if (strspn(at, "0123456789.") == 0)
            return false;
        double number = strtod(at, &end);
        at = end;
        double unit = unit_ns(&at);
        sum += number * unit;
        if (unit < 0 || !(sum < 1e18))
            return false;
    } while (*at);
    *ns = start + (uint64_t)(sum + 0.5);
    return true;
}

/* A time on the day of START; of the next where that is the nearer one. */
static bool parse_time_of_day(const char *word, uint64_t start, uint64_t *ns)
{
    time_t day = (time_t)(start / SECOND);
    struct tm tm;
    localtime_r(&day, &tm);
    tm.tm_sec = 0;
    const char *rest = strptime(word, "%H:%M:%S", &tm);
    if (!rest)
        rest = strptime(word, "%H:%M", &tm);
    if (!rest || *rest)
        return false;
    tm.tm_isdst = -1;
    time_t seconds = mktime(&tm);
    if (seconds < day - HALF_DAY) {
        tm.tm_mday++;
        tm.tm_isdst = -1;
        seconds = mktime(&tm);
    }
    *ns = (uint64_t)seconds * SECOND;
    return true;
}

/* What follows the seconds: a fraction, then a zone. */
static bool parse_rest(const char *at, struct tm *tm, uint64_t *ns)
{
    double fraction = 0;
    if (*at == '.') {
        char *end;
        fraction = strtod(at, &end);
        at = end;
    }
    time_t seconds;
    char *end = NULL;
    if (*at == '\0') {
        tm->tm_isdst = -1;
        seconds = mktime(tm);
    } else {
        struct tm zone = {0};
        end = strptime(at, "%z", &zone);
        seconds = timegm(tm) - zone.tm_gmtoff;
    }
    if ((end && *end) || (*at && !end) || seconds < 0)
        return false;
    *ns = (uint64_t)seconds * SECOND + (uint64_t)(fraction * SECOND + 0.5);
    return true;
}

bool wall_time_parse(const char *word, uint64_t start, uint64_t *ns)
{
    if (parse_offset(word, start, ns) || parse_time_of_day(word, start, ns))
        return true;
    struct tm tm = {0};
    const char *rest = strptime(word, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        rest = strptime(word, "%Y-%m-%d %H:%M:%S", &tm);
    return rest && parse_rest(rest, &tm, ns);
}

bool wall_time_parse_span(const char *word, uint64_t start, uint64_t *first, uint64_t *last)
{
    if (!wall_time_parse(word, start, first))
        return false;
    *last = *first + (strchr(word, ':') && !strchr(word, '.') ? SECOND - 1 : 0);
    return true;
}
