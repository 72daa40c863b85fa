/*
 * finding.h - what a rule found: one thing that is wrong, merged over all processes of a kind.
 */
#ifndef ANALYZER_RULES_FINDING_H
#define ANALYZER_RULES_FINDING_H

#include "analyzer/replay/replay.h"
#include "analyzer/rules/fingerprint_id.h"
#include "analyzer/rules/growth_places.h"
#include "analyzer/rules/reachability.h"
#include "analyzer/rules/unit_growth.h"
#include "analyzer/util/keymap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum severity { SEVERITY_NOTE, SEVERITY_WARNING, SEVERITY_ERROR };

struct finding {
    struct fingerprint id; /* once the analysis is done */
    const char *rule;      /* static: "leaked-subpool" ... */
    enum severity severity;
    enum process_kind kind;
    int32_t *pids; /* the processes it was seen in, ascending; owned */
    size_t pid_count;

    char *tag;          /* raw bytes as recorded, NULL: none; owned */
    char *role;         /* "permanent_pool" ..., NULL: not a documented one; owned */
    char *path;         /* labels from the root pool down, " > " between; owned */
    uint32_t created;   /* stack that made the pool; 0: none */
    uint32_t stack;     /* stack of the allocation or use; 0: none */
    uint32_t destroyed; /* stack that destroyed the pool; 0: none */
    uint32_t culprit;   /* the one of these that tells the finding from others of its rule */
    uint64_t order;     /* the culprit's, see stacks_order(), once the analysis is done */

    uint64_t count; /* pools (the rules whose names say so, lifetime-contract) or allocations */
    uint64_t bytes;
    uint64_t stack_bytes; /* of `bytes`, what `stack` took: the largest place's, see
                             growth_places.h, or the stack with the most */
    uint64_t below;       /* leaked-subpool: pools that pile up under these, not in `count` */
    bool given_back;      /* leaked-subpool, growing-pool: it was there no more in the end */
    unsigned departure;   /* lifetime-contract: enum departure, analyzer/profile/lifetimes.h */
    struct reachability *reach; /* what a walk said; NULL: nothing; owned */
    enum process_phase phase;
    struct unit_growth per_unit;
    struct growth_places places; /* growing-pool: what it grows by, the largest first in the end */
    uint64_t first_ns, last_ns;  /* first and last occurrence, ns since 1970 */
    uint64_t start_ns;           /* of the recording, once the analysis is done; else 0 */
    char *advice;                /* one line; owned */
};

struct findings {
    struct finding *items; /* worst first once sorted */
    size_t count, capacity;
};

/*
 * Adds FINDING, whose contents pass on to FINDINGS, or makes it one with the finding in it of the
 * same rule, kind, phase and path that was joined with the same CULPRIT_KEY, which stands for the
 * culprit's stack. INDEX belongs to FINDINGS: empty at first, ended by the caller. Ends the
 * program when memory is out.
 */
void findings_join(struct findings *findings, struct keymap *index, struct finding *finding,
                   uint64_t culprit_key);

/* Adds FINDING, whose contents pass on, as one of its own. */
void findings_append(struct findings *findings, const struct finding *finding);

/* Makes FROM, whose contents pass on, one with INTO: what differs stays as it is there. */
void finding_absorb(struct finding *into, struct finding *from);

void finding_add_pid(struct finding *finding, int32_t pid);
bool finding_has_pid(const struct finding *finding, int32_t pid);
/* Sorts and limits its places; the largest is the one that it shows. */
void finding_settle_places(struct finding *finding);
void finding_free(struct finding *finding);    /* its contents */
void findings_sort(struct findings *findings); /* severity, then rule, bytes, count; stable */
void findings_free(struct findings *findings);

const char *severity_name(enum severity severity);
const char *process_kind_name(enum process_kind kind);
const char *process_phase_name(enum process_phase phase); /* "start-up", "steady", "shutdown" */

#endif
