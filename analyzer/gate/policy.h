/*
 * policy.h - which findings close the gate, lifeguard-policy(5).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_GATE_POLICY_H
#define ANALYZER_GATE_POLICY_H

#include "analyzer/gate/known.h"
#include "analyzer/rules/finding.h"
#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>

#define POLICY_COVERAGE_MIN 90 /* percent: what lacks more tells of another program */
#define POLICY_UNITS        4  /* command, restart, connection, process: policy_unit() */

enum policy_severity {
    POLICY_OFF,      /* nothing is heard of it */
    POLICY_SEVERITY, /* + enum severity */
    POLICY_AS_FOUND = POLICY_SEVERITY + SEVERITY_ERROR + 1,
};

struct policy_rule {
    const char *rule;
    enum policy_severity severity[2]; /* by enum process_kind */
};

struct policy_limit {
    char *name;                 /* owned */
    const char *rule;           /* NULL: any */
    char *tag, *role;           /* patterns (pattern.h), NULL: any; owned */
    const char *process;        /* "master", "session", NULL: both */
    double count[POLICY_UNITS]; /* per unit; negative: no limit */
    double bytes[POLICY_UNITS];
};

struct policy {
    enum policy_severity fail_on; /* from here on findings fail; POLICY_AS_FOUND: none does */
    double coverage;              /* percent of what pools hold that must be traced, 100: all */
    double tolerance;             /* growth beyond the baseline that is none, a part of it */
    uint64_t required[API_MARK_CONNECTION + 1]; /* units of work, by enum api_mark_kind, without
                                                   which there is no verdict */
    struct policy_rule *rules;
    size_t rule_count;
    struct policy_limit *limits; /* the first that applies decides */
    size_t limit_count;
};

/* Errors fail; 10 % is tolerated. */
void policy_default(struct policy *policy);

/* Reads FILE over the defaults. False with *ERROR set, to file and line, when it cannot be read;
 * the caller frees *POLICY in any case. */
bool policy_read(struct policy *policy, const char *file, struct error *error);
void policy_free(struct policy *policy);

/* The severity of FINDING; false when the policy wants to hear nothing of it. */
bool policy_severity(const struct policy *policy, const struct finding *finding,
                     enum severity *severity);

/* The limit for FINDING, which is KNOWN in a unit; NULL: its severity decides. */
const struct policy_limit *policy_limit(const struct policy *policy, const struct finding *finding,
                                        const struct known_finding *known);
/* What is beyond it: KNOWN, or the largest of its places that is alone; NULL: nothing. */
const struct known_finding *policy_beyond(const struct policy_limit *limit,
                                          const struct known_finding *known);

/* The index of a unit's name; POLICY_UNITS when it is none. Below POLICY_UNITS - 1 it is that of
 * enum api_mark_kind. */
unsigned policy_unit(const char *name);

/* Sets of REQUIRED, as in struct policy, that of the unit NAME to the number
 * VALUE; false with *EXPECTED in words when one of them is none. */
bool policy_require(uint64_t *required, struct slice name, struct slice value,
                    const char **expected);

#endif
