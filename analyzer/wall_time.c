#define _GNU_SOURCE /* strptime, timegm */

#include "wall_time.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND 1000000000u

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

static bool parse_offset(const char *word, uint64_t start, uint64_t *ns)
{
    char *end;
    if (strspn(word, "0123456789.") == 0)
        return false;
    double number = strtod(word, &end);
    double unit = strcmp(end, "ms") == 0 ? 1e6 : SECOND;
    if ((*end && strcmp(end, "s") != 0 && strcmp(end, "ms") != 0) || !(number * unit < 1e18))
        return false;
    *ns = start + (uint64_t)(number * unit + 0.5);
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
    if (parse_offset(word, start, ns))
        return true;
    struct tm tm = {0};
    const char *rest = strptime(word, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest)
        rest = strptime(word, "%Y-%m-%d %H:%M:%S", &tm);
    return rest && parse_rest(rest, &tm, ns);
}
