/*
 * rules.h - the rules: each watches the replay of a recording and tells what it found.
 */
#ifndef LIFEGUARD_RULES_H
#define LIFEGUARD_RULES_H

#include "finding.h"
#include "lives.h"
#include "replay.h"

struct rule {
    const char *name;
    /* Its state, ended with end(); only what is found in process PID is told, 0: in all. */
    void *(*start)(int32_t pid);
    struct replay_observer (*observer)(void *state); /* or NULL, */
    struct lives_listener (*listener)(void *state);  /* for a rule that judges whole lives */
    /* What it found, to be called once after the replay: each finding under the key of its
     * culprit, see findings_join(). Passes the findings' contents on. */
    struct findings (*take)(void *state);
    void (*end)(void *state);
};

extern const struct rule rule_permanent_pool_alloc;
extern const struct rule rule_leaked_subpool;
extern const struct rule rule_growing_pool;
extern const struct rule rule_lifetime_contract;
extern const struct rule rule_needless_subpool;
extern const struct rule rule_use_after_destroy;
extern const struct rule rule_double_destroy;

#endif
