/*
 * help.h - what there is to know of a rule, for formats that carry it along with what was found.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RULES_HELP_H
#define ANALYZER_RULES_HELP_H

#include "analyzer/rules/finding.h"

struct rule_help {
    const char *name;
    enum severity level; /* where nothing speaks for less */
    const char *brief, *full, *advice;
};
/* NULL: not known. */
const struct rule_help *rule_help(const char *rule);

#endif
