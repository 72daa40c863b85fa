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

/* After the recording was replayed. */
struct doubts doubts_of(const struct recording *recording);
void doubts_free(struct doubts *doubts);

#endif
