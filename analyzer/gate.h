/*
 * gate.h - the gate's judgement: of each finding, whether it fails, and why or why not.
 */
#ifndef LIFEGUARD_GATE_H
#define LIFEGUARD_GATE_H

#include "analysis.h"
#include "doubts.h"

#include <stdbool.h>
#include <stddef.h>

/* Against the baseline; without one, every finding is new. */
enum gate_state { GATE_NEW, GATE_UNCHANGED, GATE_GROWN };

struct gate_verdict {
    const struct finding *finding;
    enum severity severity; /* as the policy has it */
    bool off;               /* the policy wants to hear nothing of it */
    enum gate_state state;
    bool fails;
    const char *limit;      /* name of the policy's limit that decided; NULL: the severity did */
    const char *suppressed; /* the suppression's text, "rule:pattern"; NULL: none applies */
    const char *reason;     /* the suppression's, may be NULL */
};

/* Something about the files that the gate was given: one printable line each. */
struct gate_remarks {
    char **text; /* owned */
    size_t count;
};

struct gate {
    struct doubts doubts;          /* any: there is no verdict */
    struct gate_verdict *verdicts; /* one a finding, in the findings' order */
    size_t count;
    size_t failing, suppressed, unchanged; /* of the verdicts, how many */
    struct gate_remarks stale;             /* suppressions that matched nothing, or have expired */
    struct gate_remarks gone;              /* entries of the baseline that were not found again */
};

/* Judges ANALYSIS, which must outlive the gate. */
void gate_judge(struct gate *gate, const struct analysis *analysis);
void gate_end(struct gate *gate);

/* "new", "unchanged", "grown" */
const char *gate_state_name(enum gate_state state);

#endif
