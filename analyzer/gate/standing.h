/*
 * standing.h - which rows of recordings stand when these were exported more than once, as with
 * `lifeguard export --since-last`: what was told last counts, and what is gone does not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_STANDING_H
#define ANALYZER_GATE_STANDING_H

#include "analyzer/gate/compare.h"
#include "analyzer/util/string_table.h"

#include <jansson.h>

/* A zeroed struct is an empty one. */
struct standing {
    struct strings recordings; /* ids; its index is a number less 1, as with all of these */
    struct standing_recording *of_recordings;
    struct strings findings; /* of a recording */
    struct standing_finding *of_findings;
};

void standing_free(struct standing *standing);

/* ROW, of a recording, has come: adds what it did to WORK, instead of what an earlier one did. */
void standing_take_recording(struct standing *standing, const json_t *row, struct work_done *work);

/* ROW, of the finding that is known at index KNOWN, or of one that is gone, has come. */
void standing_take_finding(struct standing *standing, const json_t *row, size_t known);
void standing_take_gone(struct standing *standing, const json_t *row);

/* All have come: ends those of LIST that no recording has any more. */
void standing_keep(const struct standing *standing, struct known_list *list);

#endif
