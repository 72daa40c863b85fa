/*
 * folded_parts.h - the parts of what rules saw in processes whose traces are gone, each read or
 * written where it is known: see folded_sums.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_FOLDED_PARTS_H
#define ANALYZER_RULES_FOLDED_PARTS_H

struct fields;
struct finding;
struct last_uses;
struct recording;
struct rule_sum;

/* FINDING, of that RULE, is empty when it is read. */
void folded_finding(struct recording *recording, struct fields *fields, const char *rule,
                    struct finding *finding);
/* What is read is added. */
void folded_last_uses(struct recording *recording, struct fields *fields, struct last_uses *uses);
/* What needless-subpool has seen, and not judged yet. */
void folded_litters(struct recording *recording, struct fields *fields, struct rule_sum *sum);

#endif
