/*
 * watch.h - all rules at once: what each of them sees of a process, and of all processes together.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_WATCH_H
#define ANALYZER_RULES_WATCH_H

#include "analyzer/profile/peaks.h"
#include "analyzer/replay/recording.h"
#include "analyzer/rules/last_uses.h"
#include "analyzer/rules/rules.h"

#define RULES 14

extern const struct rule *const all_rules[RULES];

/* What all threads see together. */
struct sums {
    struct rule_sum of_rules[RULES];
    int32_t pid; /* whose worst moment is told, 0: any process's */
    struct peak worst[PROCESS_KINDS];
    struct footprint memory[PROCESS_KINDS];
    struct last_uses *uses;
    const struct replay_observer *more; /* or NULL */
};

/* What was seen in one process. */
struct seen {
    struct ledger *by_rules[RULES];
    uint32_t process; /* its index in the recording */
    enum process_kind kind;
    struct peak peak;
    struct last_uses *uses; /* what the thread saw of them since */
};

/* Of process PID alone, 0: of all. The caller ends it. */
void sums_begin(struct sums *sums, int32_t pid);
void sums_end(struct sums *sums);

/* Adds what was seen in one more process, and frees it. */
void sums_add(struct sums *sums, struct seen *seen);
void seen_free(struct seen *seen);

/* Watches for SUMS: what is seen in a process, a struct seen, is added to them. */
struct replay_watch sums_watch(struct sums *sums);

#endif
