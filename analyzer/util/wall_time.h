/*
 * wall_time.h - moments as people and programs write them. All are ns since 1970.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_WALL_TIME_H
#define ANALYZER_UTIL_WALL_TIME_H

#include <stdbool.h>
#include <stdint.h>

#define WALL_TIME_TEXT 64 /* bytes of room for either text */

/* "2026-11-23T10:15:03.123456789Z". Returns TEXT. */
char *wall_time_iso(uint64_t ns, char text[WALL_TIME_TEXT]);

/* "2026-11-23 10:15:03", in the local time zone. Returns TEXT. */
char *wall_time_local(uint64_t ns, char text[WALL_TIME_TEXT]);

/*
 * "1.5", "+1.5s", "1500ms", "1m30s", "2h": that long after START; or a local time of day,
 * "12:04:27" or "12:04", on the day of START or the next, whichever is nearer; or an ISO 8601 date
 * and time, local without a zone ("Z", "+02:00"). False when WORD is neither.
 */
bool wall_time_parse(const char *word, uint64_t start, uint64_t *ns);

/* The same; a time of day without a fraction stands for all of that second, as reports print it:
 * from *FIRST to *LAST. */
bool wall_time_parse_span(const char *word, uint64_t start, uint64_t *first, uint64_t *last);

#endif
