/*
 * tree_like.h - processes that are alike in a list of pool trees: of many, the tree of the largest
 * stands for all.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RENDER_TREE_LIKE_H
#define ANALYZER_RENDER_TREE_LIKE_H

#include "analyzer/replay/replay.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define TREES_ALIKE 4 /* so many of a kind are shown one by one */

/* What a process's tree comes to. */
struct tree_sum {
    bool taken; /* it was there then */
    uint64_t bytes;
    uint32_t pools;
};

/* Processes of one kind that run the same program. */
struct trees_alike {
    const struct process *largest; /* the one that is shown */
    size_t count;
    uint64_t bytes;            /* of all of them, */
    uint64_t least, most, mid; /* of one: the smallest, the largest, the median */
};

/*
 * Of COUNT processes, whose trees come to SUMS: leaves `taken` only of those that are to be shown.
 * Returns what stands for more than TREES_ALIKE, an array of *GROUPS that the caller frees.
 */
struct trees_alike *trees_join(const struct process *const *processes, struct tree_sum *sums,
                               size_t count, size_t *groups);

/* "and 299 more sessions like it: 1.2 MB in all 300, ..." */
void trees_tell(FILE *out, const struct trees_alike *alike, const struct api_set *apis);

#endif
