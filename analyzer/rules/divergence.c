/* divergence.c - where a unit of work that leaked went another way; see divergence.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/divergence.h"

#include "analyzer/replay/unit_path.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

static struct made_pool made_pool(const struct process *process, const struct pool *pool)
{
    const struct unit_labels *labels = process_labels(process, pool->born.kind);
    return (struct made_pool){.address = pool->address,
                              .tick = pool->created_tick,
                              .unit = pool->born.index,
                              .created = pool->created,
                              .label = labels ? unit_label_number(labels, pool->born.index) : 0};
}

void ended_pools_add(struct ended_pools *ended, const struct process *process,
                     const struct pool *pool)
{
    const struct made_pool made = made_pool(process, pool);
    unsigned i = 0;
    while (i < DIVERGENCE_CANDIDATES &&
           (ended->items[i].created != made.created || ended->items[i].label != made.label))
        i++;
    if (i == DIVERGENCE_CANDIDATES)
        i = ended->next++ % DIVERGENCE_CANDIDATES;
    ended->items[i] = made;
}

struct divergence divergence_of(const struct ended_pools *ended, const struct process *process,
                                const struct pool *pool)
{
    struct divergence divergence = {.process = process->index, .left = made_pool(process, pool)};
    for (unsigned i = 0; i < DIVERGENCE_CANDIDATES; i++) {
        const struct made_pool *made = &ended->items[i];
        const bool better = !divergence.ended.unit || made->label == divergence.left.label;
        if (made->unit && made->created == divergence.left.created && better)
            divergence.ended = *made;
    }
    return divergence;
}

static struct unit_step step_at(const struct unit_path *path, uint32_t index)
{
    return index < path->count ? path->steps[index] : (struct unit_step){0};
}

static bool is_same(struct unit_step a, struct unit_step b)
{
    return a.stack == b.stack && a.kind == b.kind;
}

static void compare(struct divergence *divergence, const struct unit_path *left,
                    const struct unit_path *ended)
{
    uint32_t i = 0;
    while (i < left->count && i < ended->count && is_same(left->steps[i], ended->steps[i]))
        i++;
    const struct unit_step own = step_at(left, i), other = step_at(ended, i);
    divergence->known = left->count > 0 && ended->count > 0 && !is_same(own, other);
    divergence->stack = own.stack;
    divergence->event = own.kind;
    divergence->other_stack = other.stack;
    divergence->other_event = other.kind;
}

void divergence_find(struct divergence *divergence, struct recording *recording)
{
    if (!divergence->ended.unit || !divergence->left.unit)
        return;
    struct unit_path *paths = xcalloc(2, sizeof(*paths));
    const struct made_pool *made[] = {&divergence->left, &divergence->ended};
    for (unsigned i = 0; i < 2; i++) {
        paths[i].pool = made[i]->address;
        paths[i].tick = made[i]->tick;
        paths[i].created = made[i]->created;
    }
    if (unit_paths_read(recording, divergence->process, paths))
        compare(divergence, &paths[0], &paths[1]);
    free(paths);
}

const char *divergence_event(uint32_t event, uint32_t stack)
{
    switch (stack ? event : 0) {
    case 0:
        return "the unit ended";
    case TRACE_EVENT_CREATE:
        return "pool made";
    case TRACE_EVENT_DESTROY:
        return "pool destroyed";
    case TRACE_EVENT_CLEAR:
    case TRACE_EVENT_RESET:
        return "pool cleared";
    case TRACE_EVENT_MOVE:
        return "pool moved";
    case TRACE_EVENT_FREE:
        return "given back";
    default:
        return "allocated";
    }
}
