/*
 * gate.h - the gate's judgement: of each finding, whether it fails, and why or why not.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_GATE_H
#define ANALYZER_GATE_GATE_H

#include "analyzer/gate/doubts.h"
#include "analyzer/gate/known.h"
#include "analyzer/gate/policy.h"
#include "analyzer/gate/suppressions.h"
#include "analyzer/rules/analysis.h"

#include <stdbool.h>
#include <stddef.h>

/* What is judged by. */
struct gate_rules {
    const struct policy *policy;
    struct suppressions *suppressions; /* those that match are marked as used */
    const struct known_list *baseline; /* NULL: there is none */
};

/* Against the baseline; without one, every finding is new. */
enum gate_state { GATE_NEW, GATE_UNCHANGED, GATE_GROWN };

struct gate_verdict {
    const struct finding *finding;
    const struct known_finding *known; /* the same, as a baseline has it */
    enum severity severity;            /* as the policy has it */
    bool off;                          /* the policy wants to hear nothing of it */
    bool fails;
    bool by_baseline; /* it fails for being beyond the baseline alone, its severity would pass */
    bool passes_new;  /* a warning or worse that fails by nothing, and is in no baseline */
    enum gate_state state;
    const struct known_finding *was;      /* the baseline's entry; NULL: it is new */
    bool moved;                           /* ... which was recognised by the nearby fingerprint */
    struct known_growth *grown;           /* of known's places; NULL: nothing to compare with */
    const struct growth_place *culprit;   /* growing-pool: the largest place that is to blame: not
                                      suppressed, and where it has grown, that grew; or NULL */
    const struct policy_limit *limit;     /* the one that decided; NULL: the severity did */
    const struct known_finding *beyond;   /* ... and what is beyond it: `known`, one of its places,
                                     or NULL */
    const struct suppression *suppressed; /* NULL: no suppression holds */
};

struct gate {
    struct doubts doubts; /* any: nothing passes, and where nothing fails there is no
                             verdict */
    double gap; /* percent of what pools hold that was not traced, and that the policy accepts */
    struct gate_verdict *verdicts; /* one a finding, in the findings' order */
    size_t count;
    struct known_list known;    /* the findings, in their order, without places
                                   that are suppressed */
    struct known_list baseline; /* the rules', with what is one finding by now as one, see
                                   known_adopt() */
    size_t failing, passing_new, suppressed, unchanged, off; /* of the verdicts, how many */
    const struct suppression **stale; /* that matched nothing, or have expired */
    size_t stale_count;
    struct gone {
        const struct known_finding *known;
        bool exercised; /* the recording has work of its kind, so that it could have come */
    } * gone;           /* entries of the baseline that were not found again */
    size_t gone_count;
};

/* Judges ANALYSIS by RULES, which must both outlive the gate. */
void gate_judge(struct gate *gate, const struct analysis *analysis, const struct gate_rules *rules);
void gate_end(struct gate *gate);

/* Whether PLACE of the verdict's finding is to blame: it is not suppressed, and where places came
 * or grew beyond the baseline, it is one of these. */
bool gate_blames(const struct gate_verdict *verdict, const struct growth_place *place);

/* "new", "unchanged", "grown" */
const char *gate_state_name(enum gate_state state);

#endif
