/*
 * plateaus.h - what stops: a cache grows in a process that ends before it is full, and in those
 * that did several times as much it is seen to stop.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_PLATEAUS_H
#define ANALYZER_RULES_PLATEAUS_H

#include "analyzer/rules/finding.h"
#include "analyzer/util/keymap.h"

#include <stddef.h>
#include <stdint.h>

/* The place where STACK takes from pools made at CREATED; or that makes pools: then CREATED is its
 * number, see replay_site(), and STACK is 0. In units of one kind. */
struct plateau_of {
    uint32_t created, stack;
    enum api_mark_kind unit;
};

/* Of one place, in units of one kind. */
struct plateau {
    struct plateau_of of;
    uint32_t grown;  /* the most units in a process in which it grew to the end */
    uint32_t rested; /* the most units in one in which it had grown and did no more... */
    uint64_t value;  /* ...and what it had come to: pools, or bytes */
};

/* A zeroed struct is empty. */
struct plateaus {
    struct plateau *items;
    size_t count;
    struct keymap index;
};

/* In a process of so many UNITS the place grew at first, and then stopped at VALUE. */
void plateaus_add(struct plateaus *plateaus, struct plateau_of of, uint64_t units, uint64_t value);
/* PLATEAU, of several processes. */
void plateaus_put(struct plateaus *plateaus, const struct plateau *plateau);
/* FINDING is of one process: its places grew. */
void plateaus_add_growth(struct plateaus *plateaus, const struct finding *finding);
void plateaus_join(struct plateaus *plateaus, struct plateaus *from); /* FROM is empty then */

/* Makes FINDING a note if all of its places are known to stop. */
void plateaus_judge(const struct plateaus *plateaus, struct finding *finding);

void plateaus_free(struct plateaus *plateaus);

#endif
