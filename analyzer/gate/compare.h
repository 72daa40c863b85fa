/*
 * compare.h - two recordings side by side: what came, what went, what grew or shrank.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_COMPARE_H
#define ANALYZER_GATE_COMPARE_H

#include "analyzer/gate/known.h"
#include "analyzer/replay/replay.h"
#include "analyzer/replay/unit_words.h"
#include "analyzer/util/error.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define COMPARE_DOUBTS_MAX 16
#define COMPARE_TOLERANCE  0.1 /* a smaller change, as a part of what it was, is none */

/* How much a recording did. */
struct work_done {
    bool known;                              /* a baseline does not tell */
    uint64_t units[API_MARK_CONNECTION + 1]; /* by enum api_mark_kind */
    uint64_t processes[PROCESS_KINDS];
    struct unit_words words; /* what these are called */
};

struct recording;

struct work_done work_done_in(const struct recording *recording);

/* Whether such work as KNOWN is about is among WORK, or that does not tell. */
bool work_has(const struct work_done *work, const struct known_finding *known);

/* The findings of one recording. */
struct side {
    const char *name;
    const char
        *until; /* the moment that it is compared as of, see wall_time_parse(); NULL: its end */
    struct work_done work;
    struct known_list known;
    char *doubts[COMPARE_DOUBTS_MAX]; /* sentences, hostile bytes as recorded; owned */
    size_t doubt_count;
};

/* Reads NAME: a recording's directory, a report in JSON, a baseline, or rows of recordings; of a
 * recording as of UNTIL, unless that is NULL. False with *ERROR set when it cannot be read. The
 * caller ends *SIDE in any case. */
bool side_read(struct side *side, const char *name, const char *until, struct error *error);
void side_free(struct side *side);
/* Takes the words that JSON, a report's or a row's object of recording.units, has; it may be NULL.
 */
void side_take_words(struct unit_words *words, const json_t *json);
/* Adds a doubt, unless there are COMPARE_DOUBTS_MAX. */
void side_doubt(struct side *side, const char *text);

enum comparison_kind {
    COMPARE_CAME,
    COMPARE_GREW,
    COMPARE_SHRANK,
    COMPARE_WENT,
    COMPARE_NOT_EXERCISED, /* it is on one side, and the other did no work of the kind */
    COMPARE_KINDS
};

struct comparison {
    const struct side *was, *now;
    struct comparison_item {
        enum comparison_kind kind;
        const struct known_finding *was, *now; /* NULL: it came, it went */
    } * items;                                 /* by kind, then as known_list_sort() does */
    size_t count;
    size_t totals[COMPARE_KINDS];
    size_t same;
};

/* What both sides tell the places of is compared place by place: an item is a place then. Sorts
 * both sides, which must outlive *COMPARISON. */
void comparison_make(struct comparison *comparison, struct side *was, struct side *now);
void comparison_free(struct comparison *comparison);

void render_diff_text(FILE *out, const struct comparison *comparison);
/* False with errno set when it could not be written. */
bool render_diff_json(FILE *out, const struct comparison *comparison);

#endif
