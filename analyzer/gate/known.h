/*
 * known.h - findings as they are told from one recording to the next: in a baseline, and where two
 * recordings are compared.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_KNOWN_H
#define ANALYZER_GATE_KNOWN_H

#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct known_list {
    struct known_finding *items;
    size_t count, capacity;
};

struct known_finding {
    char *rule, *kind;   /* owned, as all text here */
    char *pool;          /* path of labels */
    char *place;         /* "module!function" of the culprit's innermost frame */
    char *unit;          /* "command", "restart", "connection"; "process" where growth by units is
                            not known: then count and bytes are for one process */
    char *word;          /* what people call that unit; NULL: so */
    double count, bytes; /* for one unit */
    struct fingerprint id;
    struct known_list places; /* its parts: what a pool grows by, each with a place of its own; or
                                 the ways to the place. Those with the same fingerprint are one */
};

#define KNOWN_PROCESS "process" /* in place of a unit */

#define KNOWN_NONE SIZE_MAX

/* "module!function" of STACK's innermost frame outside the pool library; the caller frees it. */
char *known_place(uint32_t stack, const struct name_source *names);
/* The same of the frame that is to blame for FINDING, see struct finding's `depth`. */
char *known_cause(const struct finding *finding, const struct name_source *names);

struct known_finding known_of(const struct finding *finding, const struct name_source *names);
struct known_finding known_copy(const struct known_finding *known);
void known_free(struct known_finding *known);

void known_list_add(struct known_list *list,
                    struct known_finding known); /* passes its contents on */
void known_list_sort(struct known_list *list);   /* by rule, kind, pool, place, fingerprint */
void known_list_free(struct known_list *list);

/*
 * Finds for each of NOW the one of WAS that it is: by fingerprint, and what is left by the nearby
 * one, unless that is weak. Each of WAS is taken once. An array of indices into WAS, KNOWN_NONE for
 * what is new; the caller frees it.
 */
size_t *known_match(const struct known_list *was, const struct known_list *now);

/*
 * What WAS told as findings of their own and NOW tells as parts of one becomes one in WAS, too,
 * with the same fingerprint: by the fingerprints of the parts, or the nearby ones.
 */
void known_adopt(struct known_list *was, const struct known_list *now);

/* Of each of WAS, whether one of the COUNT partners is it. The caller frees the array. */
bool *known_found(const struct known_list *was, const size_t *partners, size_t count);

/* Whether both tell their parts, and one has several: then they are compared part by part. */
bool known_by_places(const struct known_finding *was, const struct known_finding *now);

/* Adds PLACE, whose contents pass on, to those of KNOWN, or to the one of its fingerprint. */
void known_add_place(struct known_finding *known, struct known_finding place);
/* What FINDING grows by, for known_of(). */
void known_take_places(struct known_finding *known, const struct finding *finding,
                       const struct name_source *names);
/* Takes out the place of fingerprint TEXT, if there is one. */
void known_leave_out_place(struct known_finding *known, const char *text);

enum known_change { KNOWN_SAME, KNOWN_GREW, KNOWN_SHRANK };

/*
 * Of the places of NOW, which was WAS, those that have grown. The caller owns the array, of one
 * entry a place of NOW; all zeroes unless both have places.
 */
struct known_growth {
    bool grew;                       /* or came */
    const struct known_finding *was; /* NULL: it came */
};
struct known_growth *known_grown_places(const struct known_finding *was,
                                        const struct known_finding *now, double tolerance);

/* How NOW differs from WAS in count or bytes by more than TOLERANCE, a part of what it was. Growth
 * by another unit of work than before is growth, as is a place that came or grew; of what does not
 * grow by units, only permanent-pool-alloc is compared. */
enum known_change known_compare(const struct known_finding *was, const struct known_finding *now,
                                double tolerance);

/* "3 pools, 48 B per command", or per WORD where that is not NULL. Returns TEXT. */
#define KNOWN_AMOUNT_TEXT 128
char *known_amount_text(const struct known_finding *known, const char *word,
                        char text[KNOWN_AMOUNT_TEXT]);

/* One line in a baseline. New reference. */
json_t *known_json(const struct known_finding *known);

/* False with *EXPECTED set to what JSON should have been. */
bool known_parse(const json_t *json, struct known_finding *known, const char **expected);

/* The same for a finding in a report, lifeguard-json(5). */
bool known_parse_finding(const json_t *json, struct known_finding *known, const char **expected);

#endif
