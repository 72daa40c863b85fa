/*
 * suppressions.h - findings that are known and accepted by pattern, lifeguard-suppressions(5).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_SUPPRESSIONS_H
#define ANALYZER_GATE_SUPPRESSIONS_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct finding;
struct growth_place;
struct name_source;

struct suppression {
    const char *file; /* where it is written: the name that was given, and the line from 1 */
    unsigned line;
    char *text;       /* "rule:pattern"; owned */
    const char *rule; /* a rule's name, or "*" for each */
    char *pattern;    /* see pattern.h; owned */
    char *reason;     /* NULL: none is told; owned */
    char expires[11]; /* "2026-01-31", the last day on which it holds; "": it always does */
    bool expired;
    bool used; /* it matched a finding */
};

struct suppressions {
    struct suppression *items;
    size_t count, capacity;
};

/* Adds what is in FILE, whose name must outlive SUPPRESSIONS. False with *ERROR set, to file and
 * line, when it cannot be read. */
bool suppressions_read(struct suppressions *suppressions, const char *file, struct error *error);
void suppressions_free(struct suppressions *suppressions);

/* The first that holds for FINDING, or NULL: for the finding as such or, where it has places, for
 * each of them. Marks all that match it or a place as used. */
const struct suppression *suppressions_find(struct suppressions *suppressions,
                                            const struct finding *finding,
                                            const struct name_source *names);

/* The same for one of its places alone. */
const struct suppression *suppressions_find_place(struct suppressions *suppressions,
                                                  const struct finding *finding,
                                                  const struct growth_place *place,
                                                  const struct name_source *names);

/* Writes a line that suppresses FINDING to OUT. */
void suppression_generate(FILE *out, const struct finding *finding,
                          const struct name_source *names);

/* The same for places of a growing pool, each line once. False when nothing tells one of them from
 * others of the program: it has no name. */
bool suppressions_generate_places(FILE *out, const char *rule,
                                  const struct growth_place *const *places, size_t count,
                                  const struct name_source *names);

#endif
