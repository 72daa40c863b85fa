/*
 * last_use.h - whether what a finding is about was used after its unit of work, as sampled by the
 * recorder (lifeguard record --stale).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_LAST_USE_H
#define ANALYZER_RULES_LAST_USE_H

#include <stdbool.h>
#include <stdint.h>

/* Of allocations that outlived their unit of work, as far as they were sampled. */
struct last_use {
    uint64_t samples; /* 0: there were none */
    uint64_t unused;  /* of these, never used after that unit */
    uint64_t at_end;  /* used again only when their pool, or the process, ended */
    char *hand;       /* label of the pool that most of the unused could have been in; NULL: none;
                         owned */
    uint64_t in_hand; /* how many these are */
    const char *word; /* what the unit is called: "command" */
    bool pools;       /* the pool itself could have ended */
};

/* Whether PART of ALL is the rule. */
bool last_use_is_most(uint64_t part, uint64_t all);

/* The pool in which it should have been, as a rule; NULL: none is known, or it is used on. */
const char *last_use_belongs(const struct last_use *use);

void last_use_free(struct last_use *use);

#endif
