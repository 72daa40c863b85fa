/*
 * label_growth.h - which units of work grew: those of one label ("OPTS", "/search"), or any.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_LABEL_GROWTH_H
#define ANALYZER_RULES_LABEL_GROWTH_H

#include "analyzer/replay/unit_labels.h"

#include <stdbool.h>
#include <stdint.h>

/* So many units of one label that all grew, and no other did, are growth also where the client did
 * something else later, or before. */
#define LABEL_UNITS_LEAST 16

/* How many units of each label grew: by the label's number. Zeroed: none. */
struct label_counts {
    uint32_t *grew; /* owned */
    size_t count;
};

/* Zeroed: nothing is known of labels. */
struct label_growth {
    const char *label;    /* raw bytes, of the recording; NULL: those that grew are not of one */
    uint64_t grew, units; /* of that label, if there is one: units that grew, and all */
    uint64_t others_grew, others; /* the same of all other units */
    unsigned number; /* of the label in its process; not kept where growth is added up */
};

void label_counts_add(struct label_counts *counts, unsigned number);
void label_counts_free(struct label_counts *counts); /* its contents */

/* Which label's units grew, of those from FIRST to LAST, of which GREW did. */
struct label_growth label_growth_of(const struct label_counts *counts,
                                    const struct unit_labels *labels, uint32_t first, uint32_t last,
                                    uint64_t grew);

/* Adds FROM, of the same units, as far as is known each of other ones. */
void label_growth_add(struct label_growth *into, const struct label_growth *from);

/* Whether each unit of the label grew, and no other: enough of them to tell. */
bool label_growth_decides(const struct label_growth *growth);

#endif
