/*
 * ledger.h - what every rule keeps alike: one ledger for each process on the way from the first
 * one down to the one being replayed, and the findings so far.
 */
#ifndef LIFEGUARD_LEDGER_H
#define LIFEGUARD_LEDGER_H

#include "finding.h"
#include "keymap.h"
#include "replay.h"
#include "series.h"

#include <stdbool.h>
#include <stddef.h>

#define UNIT_KINDS (API_MARK_CONNECTION + 1)

/* What a rule has seen in one process: items of its own, found by key. */
struct ledger {
    struct ledger *parent; /* of the process that forked this one and waits, or NULL */
    const struct replay *replay;
    uint32_t base[UNIT_KINDS]; /* units begun before the process */
    struct keymap index;       /* keys to numbers of items, from 1 */
    void *items;               /* owned; moves when one is added */
    size_t count, capacity;
    uint32_t free; /* number of an item to be used again, 0: none; for the rule to keep */
    bool settled;  /* judged; what comes now does not count */
};

struct rule_state {
    struct ledger *current; /* NULL: no process is being replayed */
    int32_t pid;            /* whose findings are kept, 0: every process's */
    struct findings findings;
    struct keymap index; /* of findings */
};

/* The next three are struct rule's start, take and end, and its observer's on_start. */
void *rule_start(int32_t pid);
struct findings rule_take(void *state);
void rule_end(void *state);
void ledger_push(void *state, struct replay *replay, const struct process *process);

/* Ends the current ledger; what its items own is the caller's to end before. */
void ledger_pop(struct rule_state *state);

/* A zeroed item of SIZE bytes, which is the same for all items of a ledger. */
void *ledger_add(struct ledger *ledger, size_t size);

/* Starts a series over the units of a kind that the process has begun. */
void ledger_start_series(const struct ledger *ledger, struct series *series,
                         enum api_mark_kind unit);

/* Passes a finding's contents on; those with the same culprit become one, see findings_join();
 * those of processes that are not asked for are dropped. */
void rule_tell(struct rule_state *state, struct finding *finding);

#endif
