/* makers.c - whether a pool that others are made in has ended; see makers.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/makers.h"

#include "analyzer/util/memory.h"

static struct maker *maker_at(const struct reducer *reducer, uint64_t address)
{
    const uint32_t number = keymap_get(&reducer->maker_index, address);
    return number ? &reducer->makers[number - 1] : NULL;
}

bool makers_is_dead(const struct reducer *reducer, uint64_t address)
{
    const struct maker *maker = maker_at(reducer, address);
    for (unsigned i = 0; maker && i < DEPTH_MOST; i++) {
        const struct maker *above = maker->parent ? maker_at(reducer, maker->parent) : NULL;
        if (maker->ended || (above && above->emptied >= maker->born))
            return true;
        maker = above;
    }
    return maker != NULL;
}

void makers_note(struct reducer *reducer, const struct trace_event *event)
{
    uint32_t *number = keymap_put(&reducer->maker_index, event->pool);
    if (!*number) {
        GROW(reducer->makers, reducer->maker_count, reducer->maker_capacity);
        *number = (uint32_t)++reducer->maker_count;
    }
    reducer->moment++;
    reducer->makers[*number - 1] =
        (struct maker){event->parent, reducer->moment, reducer->moment, false};
}

void makers_change(struct reducer *reducer, const struct trace_event *event)
{
    struct maker *maker = maker_at(reducer, event->pool);
    reducer->moment++;
    if (!maker)
        return;
    if (event->kind == TRACE_EVENT_MOVE)
        *maker = (struct maker){event->parent, reducer->moment, reducer->moment, maker->ended};
    else
        maker->emptied = reducer->moment;
    maker->ended |= event->kind == TRACE_EVENT_DESTROY;
}
