/*
 * selection.h - which findings are wanted: `report --rule --pool --pid --top`.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_SELECTION_H
#define ANALYZER_RULES_SELECTION_H

#include <stddef.h>
#include <stdint.h>

struct analysis;

/* A zeroed struct selects all. */
struct selection {
    const char *rules; /* names separated by commas; NULL: all */
    const char *pool;  /* tag or role, or a pattern as in glob(7); NULL: all */
    int32_t pid;       /* a process that it was found in; 0: all */
    size_t top;        /* no more than so many, the worst; 0: all */
};

/* The first of the comma separated NAMES that is no rule's, as LENGTH bytes; NULL: all are. */
const char *selection_unknown_rule(const char *names, size_t *length);

/* Takes out of ANALYSIS what is not selected, and counts it in left_out. */
void selection_apply(const struct selection *selection, struct analysis *analysis);

#endif
