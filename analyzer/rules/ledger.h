/*
 * ledger.h - what every rule keeps alike: one ledger for each process on the way from the first
 * one down to the one being replayed, with what was found in it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_LEDGER_H
#define ANALYZER_RULES_LEDGER_H

#include "analyzer/replay/replay.h"
#include "analyzer/rules/alike.h"
#include "analyzer/rules/finding.h"
#include "analyzer/rules/rules.h"
#include "analyzer/rules/series.h"
#include "analyzer/rules/ways.h"
#include "analyzer/util/keymap.h"

#include <stdbool.h>
#include <stddef.h>

#define UNIT_KINDS (API_MARK_CONNECTION + 1)

/* What follows from the functions of a pool system: found once, as long as it is asked for the same
 * one. */
struct system_kind {
    const struct api *api;
    bool objects, frees; /* each object is a pool; what is allocated can be given back by itself */
};

/* What a rule has seen in one process: items of its own, found by key. */
struct ledger {
    struct ledger *parent; /* of the process that forked this one and waits, or NULL */
    const struct replay *replay;
    const struct process *process;
    uint32_t base[UNIT_KINDS];   /* units begun before the process */
    struct keymap index;         /* keys to numbers of items, from 1 */
    struct keymap_recent recent; /* of a map that the rule asks for each pool */
    void *items;                 /* owned; moves when one is added */
    size_t count, capacity;
    uint32_t free; /* number of an item to be used again, 0: none; for the rule to keep */

    struct system_kind kind;  /* see ledger_kind() */
    struct ways ways;         /* for a rule that judges by place */
    struct plateaus plateaus; /* what stopped in the process */
    struct alikes alikes;     /* pools of `findings` that stand for others */
    void *own;                /* the rule's, by pool number; freed with it */
    size_t own_count;
    struct held *held; /* see rule_hold() */
    size_t held_count;
    struct keymap held_index;
    const struct pool *made; /* that is just made, and not among its parent's yet; or NULL */
    bool settled;            /* judged; what comes now does not count */
    struct findings findings;
    struct keymap findings_index;
};

/* How much was given back at a time: the least, and the most. */
struct amount {
    uint64_t least, most;
};

/* What was given back, one time or more. */
struct held {
    struct finding finding; /* owned */
    uint64_t times;
    uint64_t brief;      /* of these, after fewer units than are a pattern by themselves */
    struct amount units; /* that it had been there */
    struct amount count, bytes;
    struct amount time; /* that it was filled for, ns */
    uint64_t alike;     /* that came to half as many bytes, and were not told of */
    bool documented;
    bool remade;      /* see rule_note_remade() */
    uint64_t emptied; /* of those times, that what was filled stayed, see rule_note_emptied() */
};

/* One thread's. */
struct rule_state {
    struct ledger *current; /* NULL: no process is being replayed */
    struct ledger *ended;   /* of the process that ended just now, or NULL */
};

/* The next five are struct rule's start, take, add, finish and end, and its observer's on_start. */
void *rule_start(void);
struct ledger *rule_take(void *state);
void rule_add(struct rule_sum *sum, struct ledger *seen);
struct findings rule_finish(struct rule_sum *sum);
void rule_end(void *state);
void ledger_push(void *state, struct replay *replay, const struct process *process);

/* The current ledger is the one that ended; what its items own is the caller's to end before. */
void ledger_pop(struct rule_state *state);

/* A zeroed item of SIZE bytes, which is the same for all items of a ledger. */
void *ledger_add(struct ledger *ledger, size_t size);

/* What API, or NULL, is; kept, as it is asked of each pool. */
const struct system_kind *ledger_kind(struct ledger *ledger, const struct api *api);

/* Starts a series over the units of a kind that the process has begun. */
void ledger_start_series(const struct ledger *ledger, struct series *series,
                         enum api_mark_kind unit);

/* The same of a series that was started already. */
void ledger_label_series(const struct ledger *ledger, struct series *series,
                         enum api_mark_kind unit);

/* Passes a finding's contents on; those with the same culprit become one, see findings_join().
 * Returns its number in the ledger, from 1. */
uint32_t rule_report(struct rule_state *state, struct finding *finding);

/*
 * Keeps a finding of what was given back after UNITS units until rule_report_held(): those with one
 * KEY, which is not 0, are one. What was given back after as many units time and again, after as
 * long a time, or when it was as much, and was remade, as what is flushed is, is dropped then,
 * unless it is DOCUMENTED; what was emptied again and again, and none of these is alike, is a
 * warning. What was there for few units each time is dropped, too, if that was not so several
 * times.
 */
void rule_hold(struct rule_state *state, struct finding *finding, uint64_t key, uint64_t units,
               bool documented);
/* What findings with that KEY are about was emptied, or made anew in the unit that needed it first.
 * A client comes before it asks for anything, also where each stays for as many units. */
void rule_note_remade(struct rule_state *state, uint64_t key);
/* What a finding with that KEY is about was emptied, and stays: the finding is held already. */
void rule_note_emptied(struct rule_state *state, uint64_t key);
/* What a finding with that KEY is about, which is held already, was there for so few units that it
 * counts only with others. */
void rule_note_brief(struct rule_state *state, uint64_t key);
/* What findings with that KEY are about was given back once more, with so many BYTES, and was none:
 * where time is the unit, what is filled and given back again and again lasts a large part of it
 * only as long as the process is young. */
void rule_note_alike(struct rule_state *state, uint64_t key, uint64_t bytes);
/* Whether FINDING, of what is there for UNITS units, is to be flushed as those with that KEY were.
 * Where it may be, it is a warning from now on. */
bool rule_is_flushed(const struct rule_state *state, uint64_t key, uint64_t units,
                     struct finding *finding);
void rule_report_held(struct rule_state *state);

#define FORKS_SAY   10 /* so many children of which something is kept are no few helpers any more */
#define RELOADS_SAY 6  /* so many of them while a session is at its job are no chance any more */

/*
 * At the end of PROCESS: what a session without commands had taken is a warning where its job may
 * be why: where time was the unit and it exited with a failure, or reloads were, of which there
 * were few. What a job gives back when it is done looks the same. So is what any other process
 * keeps of few children, where a fork is all that tells of connections.
 */
void rule_doubt_job(struct rule_state *state, const struct process *process);

/* As rule_report() for the whole recording. Those of processes that are not asked for are dropped.
 */
void rule_sum_report(struct rule_sum *sum, struct finding *finding);

#endif
