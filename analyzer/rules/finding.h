/*
 * finding.h - what a rule found: one thing that is wrong, merged over all processes of a kind.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_FINDING_H
#define ANALYZER_RULES_FINDING_H

#include "analyzer/replay/replay.h"
#include "analyzer/rules/access.h"
#include "analyzer/rules/cost.h"
#include "analyzer/rules/crash_note.h"
#include "analyzer/rules/divergence.h"
#include "analyzer/rules/fingerprint_id.h"
#include "analyzer/rules/growth_places.h"
#include "analyzer/rules/last_use.h"
#include "analyzer/rules/pid_list.h"
#include "analyzer/rules/process_shares.h"
#include "analyzer/rules/reachability.h"
#include "analyzer/rules/unit_growth.h"
#include "analyzer/util/keymap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

/* Whether growth goes on in the last day of a recording of several: LAST_DAY_ONLY: over all the
 * time it does not stand out. */
enum last_day { LAST_DAY_NOT_ASKED, LAST_DAY_GROWS, LAST_DAY_RESTS, LAST_DAY_ONLY };

struct finding {
    struct fingerprint id; /* once the analysis is done */
    const char *rule;      /* static: "leaked-subpool" ... */
    enum severity severity;
    enum process_kind kind;
    struct pid_list pids;         /* the processes it was seen in, sorted once the findings are */
    struct process_shares shares; /* what each of them has of it, as far as that was told */
    struct process_share worst; /* of these the one with most, once the findings are sorted; pid 0:
                                   not known */

    char *tag;          /* raw bytes as recorded, NULL: none; owned */
    char *role;         /* "permanent_pool" ..., NULL: not a documented one; owned */
    char *path;         /* labels from the root pool down, " > " between; owned */
    uint32_t created;   /* stack that made the pool; 0: none */
    uint32_t stack;     /* stack of the allocation or use; 0: none */
    uint32_t destroyed; /* stack that destroyed the pool; 0: none */
    uint32_t allocated; /* data-after-destroy, overflow: stack of the allocation touched; else 0 */
    uint32_t others;    /* leaked-subpool: stack that destroyed most of the other pools of the
                           place, where these are more; else 0 */
    uint32_t site;      /* leaked-subpool: the place that made it, see replay_site(); else 0 */
    uint32_t culprit;   /* the one of these that tells the finding from others of its rule */
    unsigned depth;  /* so many of its frames, from the innermost outside the pool library on, all
                        parts have: the last of these is the place to blame. 0: not
                        by place yet, see causes_add() */
    uint64_t weight; /* of what was joined, that of which all this is told; 0: nothing was */
    uint64_t order;  /* the culprit's, see stacks_order(), once the analysis is done */

    uint64_t count;   /* pools (the rules whose names say so, lifetime-contract) or allocations */
    uint64_t bytes;   /* asked for */
    uint64_t made;    /* leaked-subpool: pools that the place made in all, ended or not; else 0 */
    struct cost cost; /* what of it is held; whole once the analysis is done */
    uint64_t stack_bytes; /* of `bytes`, what `stack` took: the largest place's, see
                             growth_places.h, or the stack with the most */
    uint64_t below;       /* leaked-subpool: pools that pile up under these, not in `count` */
    bool pools;           /* growing-in-unit: `count` is of pools, not of allocations */
    bool given_back;      /* leaked-subpool, growing-pool: it was there no more in the end */
    unsigned departure;   /* lifetime-contract: enum departure, analyzer/profile/lifetimes.h */
    struct reachability *reach; /* what a walk said; NULL: nothing; owned */
    struct last_use last_use;   /* once the analysis is done */
    struct access access;       /* of the first time */
    struct crash_note *crash;   /* crash: which, of the first time; else NULL; owned */
    enum process_phase phase;
    struct unit_growth per_unit;
    struct growth_places places;  /* its parts, the backtraces that come through the place of the
                                     culprit; the largest first in the end; before that there may be
                                     none */
    struct divergence divergence; /* leaked-subpool: where it went wrong; or nothing known */
    uint64_t stops_at; /* so many pools (of a site) or bytes is what others have that did more: it
                          is a cache with a limit; 0: it does not stop, for all that is known */
    uint64_t first_ns, last_ns; /* first and last occurrence, ns since 1970 */
    uint64_t start_ns;          /* of the recording, once the analysis is done; else 0 */
    enum last_day last_day;     /* once the analysis is done */
    char *advice;               /* one line; owned */
};

struct findings {
    struct finding *items; /* worst first once sorted */
    size_t count, capacity;
};

/*
 * Adds FINDING, whose contents pass on to FINDINGS, or makes it one with the finding in it of the
 * same rule, kind and phase that was joined with the same CULPRIT_KEY, which stands for the
 * culprit's stack; and of the same path, unless both are told by place (DEPTH is set). INDEX
 * belongs to FINDINGS: empty at first, ended by the caller. Ends the program when memory is out.
 */
uint32_t findings_join(struct findings *findings, struct keymap *index, struct finding *finding,
                       uint64_t culprit_key);

/* Adds FINDING, whose contents pass on, as one of its own. */
void findings_append(struct findings *findings, const struct finding *finding);

/* Makes FROM, whose contents pass on, one with INTO: what differs stays as it is there. */
void finding_absorb(struct finding *into, struct finding *from);

void finding_add_pid(struct finding *finding, int32_t pid);
/* What FINDING, of one process, comes to is that process's share. */
void finding_note_share(struct finding *finding);
bool finding_has_pid(const struct finding *finding, int32_t pid);
/* Whether one of its parts is of this stack. */
bool finding_has_part(const struct finding *finding, uint32_t stack);

/* That with fingerprint ID, or NULL. */
struct finding *findings_find(const struct findings *findings, const struct fingerprint *id);

/* Sorts and limits its places. */
void finding_settle_places(struct finding *finding);
void finding_free(struct finding *finding); /* its contents */
/* Worst first: by severity, what is held with what a day adds, then fingerprint. */
void findings_sort(struct findings *findings);
/* What each costs in a unit and in a day, in a recording of DURATION ns; where its rule did not
 * tell, it is what was asked for. */
void findings_settle_costs(struct findings *findings, uint64_t duration);
void findings_free(struct findings *findings);

/* Was it found in process PID? 0: in any. */
bool finding_is_of(const struct finding *finding, int32_t pid);

const char *last_day_name(enum last_day last_day); /* "grows", "rests", "only"; else NULL */
const char *severity_name(enum severity severity);
const char *process_kind_name(enum process_kind kind);
const char *process_phase_name(enum process_phase phase); /* "start-up", "steady", "shutdown" */

#endif
