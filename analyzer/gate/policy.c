/* policy.c - which findings close the gate, lifeguard-policy(5); see policy.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/policy.h"

#include "analyzer/gate/pattern.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_TOLERANCE 0.1
#define REQUIRED_DIGITS   18 /* of a number of units */

void policy_default(struct policy *policy)
{
    *policy = (struct policy){.fail_on = POLICY_SEVERITY + SEVERITY_ERROR,
                              .coverage = 100,
                              .tolerance = DEFAULT_TOLERANCE};
}

void policy_free(struct policy *policy)
{
    for (size_t i = 0; i < policy->limit_count; i++) {
        free(policy->limits[i].name);
        free(policy->limits[i].tag);
        free(policy->limits[i].role);
    }
    free(policy->limits);
    free(policy->rules);
}

bool policy_severity(const struct policy *policy, const struct finding *finding,
                     enum severity *severity)
{
    *severity = finding->severity;
    for (size_t i = 0; i < policy->rule_count; i++) {
        if (strcmp(policy->rules[i].rule, finding->rule) != 0)
            continue;
        enum policy_severity wanted = policy->rules[i].severity[finding->kind == PROCESS_SESSION];
        if (wanted == POLICY_OFF)
            return false;
        if (wanted != POLICY_AS_FOUND)
            *severity = (enum severity)(wanted - POLICY_SEVERITY);
    }
    return true;
}

unsigned policy_unit(const char *name)
{
    static const char *const names[POLICY_UNITS] = {"command", "restart", "connection", "process"};
    unsigned unit = 0;
    while (unit < POLICY_UNITS && strcmp(name, names[unit]) != 0)
        unit++;
    return unit;
}

bool policy_require(uint64_t *required, struct slice name, struct slice value,
                    const char **expected)
{
    unsigned unit = 0;
    uint64_t number = 0;
    while (unit <= API_MARK_CONNECTION && !slice_equals(name, api_mark_name(unit)))
        unit++;
    *expected = "command, restart or connection";
    if (unit > API_MARK_CONNECTION)
        return false;
    *expected = "a whole number, not below 0";
    if (value.length == 0 || value.length > REQUIRED_DIGITS)
        return false;
    for (size_t i = 0; i < value.length; i++) {
        if (value.text[i] < '0' || value.text[i] > '9')
            return false;
        number = 10 * number + (uint64_t)(value.text[i] - '0');
    }
    required[unit] = number;
    return true;
}

static bool selects(const struct policy_limit *limit, const struct finding *finding)
{
    return (!limit->rule || strcmp(limit->rule, finding->rule) == 0) &&
           (!limit->tag || pattern_matches(limit->tag, finding->tag)) &&
           (!limit->role || pattern_matches(limit->role, finding->role)) &&
           (!limit->process || strcmp(limit->process, process_kind_name(finding->kind)) == 0);
}

const struct policy_limit *policy_limit(const struct policy *policy, const struct finding *finding,
                                        const struct known_finding *known)
{
    unsigned unit = policy_unit(known->unit);
    for (size_t i = 0; i < policy->limit_count && unit < POLICY_UNITS; i++) {
        const struct policy_limit *limit = &policy->limits[i];
        if (selects(limit, finding) && (limit->count[unit] >= 0 || limit->bytes[unit] >= 0))
            return limit;
    }
    return NULL;
}

static bool is_more(double amount, double limit)
{
    return limit >= 0 && amount > limit;
}

static bool is_beyond(const struct policy_limit *limit, const struct known_finding *known)
{
    unsigned unit = policy_unit(known->unit);
    return is_more(known->count, limit->count[unit]) || is_more(known->bytes, limit->bytes[unit]);
}

const struct known_finding *policy_beyond(const struct policy_limit *limit,
                                          const struct known_finding *known)
{
    const struct known_finding *beyond = is_beyond(limit, known) ? known : NULL;
    for (size_t i = 0; i < known->places.count; i++) {
        const struct known_finding *place = &known->places.items[i];
        if (is_beyond(limit, place) &&
            (!beyond || (beyond != known && place->bytes > beyond->bytes)))
            beyond = place;
    }
    return beyond;
}
