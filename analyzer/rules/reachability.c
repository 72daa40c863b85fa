/* reachability.c - of several findings, one (reachability.h). */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/reachability.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>

struct reachability *reachability_copy(const struct reachability *from)
{
    if (!from)
        return NULL;
    struct reachability *copy = xcalloc(1, sizeof(*copy));
    *copy = *from;
    copy->holder = from->holder ? xstrdup(from->holder) : NULL;
    return copy;
}

void reachability_free(struct reachability *reachability)
{
    if (reachability)
        free(reachability->holder);
    free(reachability);
}

void reachability_absorb(struct reachability **into, struct reachability *from)
{
    if (!*into || !from) {
        *into = *into ? *into : from;
        return;
    }
    (*into)->unreachable += from->unreachable;
    (*into)->alive += from->alive;
    (*into)->held += from->held;
    reachability_free(from);
}

const char *walk_when_name(unsigned when)
{
    static const char *const names[TRACE_WALK_WHENS] = {
        [TRACE_WALK_AT_EXIT] = "exit",
        [TRACE_WALK_AT_SHUTDOWN] = "shutdown",
        [TRACE_WALK_AT_FORK] = "fork",
        [TRACE_WALK_AT_UNIT] = "unit",
    };
    return when < TRACE_WALK_WHENS ? names[when] : "exit";
}
