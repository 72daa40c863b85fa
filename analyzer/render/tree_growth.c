/* tree_growth.c - which pools of a tree grow, as the rules found; see tree_growth.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/tree_growth.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/rules/analysis.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* What makes pools that the findings take for one: their names, and what they are under. */
struct tree_growth {
    const struct analysis *analysis;
    struct keymap made;  /* by the key of the names of where pools were made: a finding, from 1 */
    uint32_t *next;      /* by finding: the next one with that key, from 1, 0: none */
    struct keymap named; /* stack to the finding that its names lead to, from 1; NONE: to none */
};

#define NONE UINT32_MAX

static uint64_t names_key(const struct tree_growth *growth, uint32_t created)
{
    struct logical_stack stack = logical_stack(&growth->analysis->names, created);
    uint64_t key = logical_stack_key(&stack);
    logical_stack_free(&stack);
    return key ? key : 1;
}

struct tree_growth *tree_growth_new(const struct analysis *analysis)
{
    struct tree_growth *growth = xcalloc(1, sizeof(*growth));
    const struct findings *findings = &analysis->findings;
    growth->analysis = analysis;
    growth->next = xcalloc(findings->count, sizeof(*growth->next));
    for (size_t i = findings->count; i-- > 0;) {
        if (findings->items[i].per_unit.unit == API_MARK_KINDS)
            continue;
        uint32_t *first = keymap_put(&growth->made, names_key(growth, findings->items[i].created));
        growth->next[i] = *first;
        *first = (uint32_t)i + 1;
    }
    return growth;
}

void tree_growth_free(struct tree_growth *growth)
{
    if (!growth)
        return;
    keymap_free(&growth->made);
    keymap_free(&growth->named);
    free(growth->next);
    free(growth);
}

static uint32_t first_finding(struct tree_growth *growth, uint32_t created)
{
    uint32_t *first = keymap_put(&growth->named, (uint64_t)created + 1);
    if (*first == 0) {
        uint32_t found = keymap_get(&growth->made, names_key(growth, created));
        *first = found ? found : NONE;
    }
    return *first == NONE ? 0 : *first;
}

const struct finding *tree_growth_of(struct tree_growth *growth, const struct replay *replay,
                                     const struct process *process, const struct pool *pool)
{
    const struct finding *found = NULL;
    uint32_t number = first_finding(growth, pool->created);
    char *path = number ? replay_pool_path(replay, pool) : NULL;
    for (; number && !found; number = growth->next[number - 1]) {
        const struct finding *finding = &growth->analysis->findings.items[number - 1];
        if (finding_has_pid(finding, process->pid) && finding->path &&
            strcmp(finding->path, path) == 0)
            found = finding;
    }
    free(path);
    return found;
}
