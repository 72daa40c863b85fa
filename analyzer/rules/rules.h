/*
 * rules.h - the rules: each watches the replay of a recording and tells what it found.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_RULES_H
#define ANALYZER_RULES_RULES_H

#include "analyzer/profile/lifetimes.h"
#include "analyzer/replay/replay.h"
#include "analyzer/rules/finding.h"
#include "analyzer/rules/plateaus.h"

/* What a rule saw in one process; its findings have their culprits' stacks as keys. */
struct ledger;

/* What it saw in all of them. Zeroed but for `pid` at first. */
struct rule_sum {
    int32_t pid; /* whose findings are told, 0: every process's */
    struct findings findings;
    struct keymap index; /* of findings */
    struct plateaus plateaus;
    struct ledger *ledger; /* the rule's, or NULL */
};

/*
 * Each thread that replays has a state; the processes that it replays are seen one after the other,
 * a child between two events of its parent. What was seen in them is added up in one thread.
 */
struct rule {
    const char *name;
    void *(*start)(void);                               /* a state, ended with end() */
    struct replay_observer (*observer)(void *state);    /* or NULL, */
    struct lifetimes_listener (*listener)(void *state); /* for a rule that judges whole lives */
    /* What was seen in the process that ended just now, and no more. */
    struct ledger *(*take)(void *state);
    void (*add)(struct rule_sum *sum, struct ledger *seen); /* SEEN passes on */
    /* What was found, after the replay: each finding under the key of its culprit, see
     * findings_join(). Passes the findings' contents on; SUM is empty then. */
    struct findings (*finish)(struct rule_sum *sum);
    void (*end)(void *state);
};

void ledger_free(struct ledger *ledger); /* but for what its items own; NULL is none */

extern const struct rule rule_crash;
extern const struct rule rule_permanent_pool_alloc;
extern const struct rule rule_leaked_subpool;
extern const struct rule rule_growing_pool;
extern const struct rule rule_growing_in_unit;
extern const struct rule rule_alive_at_exit;
extern const struct rule rule_lifetime_contract;
extern const struct rule rule_needless_subpool;
extern const struct rule rule_use_after_destroy;
extern const struct rule rule_double_destroy;
extern const struct rule rule_data_after_destroy;
extern const struct rule rule_overflow;
extern const struct rule rule_unreachable_subpool;
extern const struct rule rule_dangling_pointer;

#endif
