/*
 * finding_parts.h - the findings as the page draws them over time: in parts, which are the ways by
 * which the program comes to the place of each. Known again by the backtraces of pools and
 * allocations while a recording is replayed.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_FINDING_PARTS_H
#define ANALYZER_HTML_FINDING_PARTS_H

#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"
#include "analyzer/util/keymap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PARTS_BY_THEMSELVES 8 /* of one finding; its others are one part */

/* Backtraces of one key are of this part; further ones may be, too. */
struct part_claim {
    uint64_t key; /* logical_stack_key() */
    const struct finding *finding;
    uint32_t part;
    uint32_t next; /* claim of the same key, its index + 1; 0: none */
};

/* Parts have numbers from 1, a finding's one after the other. */
struct finding_parts {
    const struct findings *findings;
    const struct name_source *names;
    uint32_t *first; /* by finding, and one more past the last: the number of its first part */
    struct part_claim *claims;
    size_t count, capacity;
    struct keymap by_key, by_stack; /* index of the first claim + 1; by stack: 1 more, 1: none */
};

/* FINDINGS and NAMES must outlive it. */
void finding_parts_init(struct finding_parts *parts, const struct findings *findings,
                        const struct name_source *names);

/* Whether FINDING is told in pools, or in allocations. */
bool finding_in_pools(const struct finding *finding);

/* The first claim on stack NUMBER, NULL: nobody's; and the one after CLAIM. */
const struct part_claim *finding_parts_claim(struct finding_parts *parts, uint32_t number);
const struct part_claim *finding_parts_next(const struct finding_parts *parts,
                                            const struct part_claim *claim);

void finding_parts_free(struct finding_parts *parts);

#endif
