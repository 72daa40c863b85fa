/*
 * doubts.h - what a recording lacks to be judged by, each in words.
 */
#ifndef ANALYZER_GATE_DOUBTS_H
#define ANALYZER_GATE_DOUBTS_H

#include "analyzer/replay/recording.h"

#include <stddef.h>

#define DOUBTS_MAX 16

struct doubts {
    char *text[DOUBTS_MAX]; /* one sentence each, with hostile bytes as recorded; owned */
    size_t count;           /* 0: a verdict can be given */
};

/* After the recording was replayed: of the record itself; and of the work in it, too. */
struct doubts doubts_of_record(const struct recording *recording);
struct doubts doubts_of(const struct recording *recording);
void doubts_free(struct doubts *doubts);

/* Of these, adds: described functions that are not hooked and events that do not fit the others;
 */
void doubts_of_hooks(struct doubts *doubts, const struct recording *recording);
/* ... work in which no unit was counted, or none was done. */
void doubts_of_work(struct doubts *doubts, const struct recording *recording);

/* Adds one for each kind of unit of which fewer began than REQUIRED, by enum api_mark_kind. */
void doubts_require(struct doubts *doubts, const struct recording *recording,
                    const uint64_t required[API_MARK_CONNECTION + 1]);

/* One more sentence; left out beyond DOUBTS_MAX. */
__attribute__((format(printf, 2, 3))) void doubts_add(struct doubts *doubts, const char *format,
                                                      ...);

#endif
