/*
 * known.h - findings as they are told from one recording to the next: in a baseline, and where two
 * recordings are compared.
 */
#ifndef LIFEGUARD_KNOWN_H
#define LIFEGUARD_KNOWN_H

#include "finding.h"
#include "logical_stack.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct known {
    char *rule, *kind;   /* owned, as all text here */
    char *pool;          /* path of labels */
    char *place;         /* "module!function" of the culprit's innermost frame */
    char *unit;          /* "command", "restart", "connection"; "process" where growth by units is
                            not known: then count and bytes are for one process */
    double count, bytes; /* for one unit */
    struct fingerprint id;
};

struct known_list {
    struct known *items;
    size_t count, capacity;
};

#define KNOWN_NONE SIZE_MAX

/* The place of FINDING, see above; the caller frees it. */
char *known_place(const struct finding *finding, const struct name_source *names);

struct known known_of(const struct finding *finding, const struct name_source *names);
struct known known_copy(const struct known *known);
void known_free(struct known *known);

void known_list_add(struct known_list *list, struct known known); /* passes its contents on */
void known_list_sort(struct known_list *list); /* by rule, kind, pool, place, fingerprint */
void known_list_free(struct known_list *list);

/*
 * Finds for each of NOW the one of WAS that it is: by fingerprint, and what is left by the nearby
 * one, unless that is weak. Each of WAS is taken once. An array of indices into WAS, KNOWN_NONE for
 * what is new; the caller frees it.
 */
size_t *known_match(const struct known_list *was, const struct known_list *now);

/* Of each of WAS, whether one of the COUNT partners is it. The caller frees the array. */
bool *known_found(const struct known_list *was, const size_t *partners, size_t count);

enum known_change { KNOWN_SAME, KNOWN_GREW, KNOWN_SHRANK };

/* How NOW differs from WAS in count or bytes by more than TOLERANCE, a part of what it was. Growth
 * by another unit of work than before is growth; of what does not grow by units, only
 * permanent-pool-alloc is compared. */
enum known_change known_compare(const struct known *was, const struct known *now, double tolerance);

/* "3 pools, 48 B per command". Returns TEXT. */
#define KNOWN_AMOUNT_TEXT 128
char *known_amount_text(const struct known *known, char text[KNOWN_AMOUNT_TEXT]);

/* One line in a baseline. New reference. */
json_t *known_json(const struct known *known);

/* False with *EXPECTED set to what JSON should have been. */
bool known_parse(const json_t *json, struct known *known, const char **expected);

/* The same for a finding in a report, lifeguard-json(5). */
bool known_parse_finding(const json_t *json, struct known *known, const char **expected);

#endif
