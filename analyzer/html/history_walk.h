/*
 * history_walk.h - the pools that are alive at a moment, counted by node, and what the parts of
 * findings hold then.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_HTML_HISTORY_WALK_H
#define ANALYZER_HTML_HISTORY_WALK_H

#include "analyzer/html/history.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes asked for, and in blocks. */
struct amount {
    uint64_t bytes, held;
};

/* What pools of one node, or a part of a finding, hold at a moment; own: without what a fork's
 * child started with. */
struct tally {
    struct amount all, own;
    uint32_t pools, own_pools;
};

/* By number of the node or part; what is beyond the count is zero. */
struct tallies {
    struct tally *items;
    size_t count;
};

/* The entry of NUMBER, made when new. Valid until the next call. */
struct tally *tally_of(struct tallies *tallies, uint32_t number);
void tally_add(struct tally *sum, struct tally tally);

/* A process at a moment of its replay. */
struct walked {
    struct replay *replay;
    const struct process *process;
    const struct alloc_sites *sites;
    const struct amount *inherited; /* what pools had at the fork, by number */
    uint32_t inherited_limit;
};

struct history_walk {
    struct history *history;
    struct tallies now, parts; /* of the pools, by node, and of findings, by part */
    struct place *places;      /* of pools by number, while a tree is walked */
    uint32_t place_room;
};

/* Counts what there is in WALKED into WALK's tallies. */
void history_walk(struct history_walk *walk, const struct walked *walked);

void history_walk_free(struct history_walk *walk);

#endif
