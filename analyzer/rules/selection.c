/* selection.c - which findings are wanted; see selection.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/selection.h"

#include "analyzer/rules/analysis.h"
#include "preload/api/pool_api.h"

#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>

static bool is_rule(struct slice name)
{
    const char *rule;
    for (size_t i = 0; (rule = analysis_rule(i)); i++) {
        if (slice_equals(name, rule))
            return true;
    }
    return false;
}

const char *selection_unknown_rule(const char *names, size_t *length)
{
    for (;;) {
        *length = strcspn(names, ",");
        if (!is_rule((struct slice){names, *length}))
            return names;
        if (!names[*length])
            return NULL;
        names += *length + 1;
    }
}

static bool has_rule(const char *rules, const char *rule)
{
    return slice_lists((struct slice){rules, strlen(rules)}, (struct slice){rule, strlen(rule)});
}

static bool is_called(const char *name, const char *pattern)
{
    return name && (strcmp(name, pattern) == 0 || fnmatch(pattern, name, 0) == 0);
}

static bool is_selected(const struct selection *selection, const struct finding *finding)
{
    if (selection->rules && !has_rule(selection->rules, finding->rule))
        return false;
    if (selection->pool && !is_called(finding->tag, selection->pool) &&
        !is_called(finding->role, selection->pool))
        return false;
    return !selection->pid || finding_has_pid(finding, selection->pid);
}

void selection_apply(const struct selection *selection, struct analysis *analysis)
{
    struct findings *findings = &analysis->findings;
    size_t kept = 0, most = selection->top ? selection->top : findings->count;
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];
        if (kept < most && is_selected(selection, finding)) {
            findings->items[kept++] = *finding;
            continue;
        }
        analysis->totals[finding->severity]--;
        analysis->left_out++;
        finding_free(finding);
    }
    findings->count = kept;
}
