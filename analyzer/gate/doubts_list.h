/*
 * doubts_list.h - what a recording lacks to be judged by, each in words.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_DOUBTS_LIST_H
#define ANALYZER_GATE_DOUBTS_LIST_H

#include <stddef.h>

#define DOUBTS_MAX 16

struct doubts {
    char *text[DOUBTS_MAX]; /* one sentence each, with hostile bytes as recorded; owned */
    size_t count;           /* 0: a verdict can be given */
};

/* One more sentence; left out beyond DOUBTS_MAX. */
__attribute__((format(printf, 2, 3))) void doubts_add(struct doubts *doubts, const char *format,
                                                      ...);
void doubts_free(struct doubts *doubts);

#endif
