/* ghosts.c - pools that were left out, and are used after their end; see ghosts.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/ghosts.h"

#include "analyzer/util/memory.h"

void ghost_forget(struct reducer *reducer, uint64_t address)
{
    const uint32_t number = keymap_get(&reducer->ghosts, address);
    if (!number)
        return;
    keymap_remove(&reducer->ghosts, address);
    struct ghost *last = &reducer->ghost_items[--reducer->ghost_count];
    if (number - 1 == reducer->ghost_count)
        return;
    reducer->ghost_items[number - 1] = *last;
    *keymap_put(&reducer->ghosts, last->address) = number;
}

void ghost_add(struct reducer *reducer, const struct young *pool)
{
    ghost_forget(reducer, pool->address);
    GROW(reducer->ghost_items, reducer->ghost_count, reducer->ghost_capacity);
    reducer->ghost_items[reducer->ghost_count++] =
        (struct ghost){.address = pool->address,
                       .parent = pool->parent,
                       .made = pool->made,
                       .end_serial = pool->end_serial,
                       .allocations = pool->allocations,
                       .bytes = pool->bytes,
                       .created = pool->created,
                       .ended = pool->ended,
                       .first = pool->first,
                       .name = pool->name,
                       .system = pool->system,
                       .within = pool->state == YOUNG_ENDED_WITHIN};
    *keymap_put(&reducer->ghosts, pool->address) = (uint32_t)reducer->ghost_count;
}

static void tell(struct reducer *reducer, struct unit_events *unit, const struct ghost *ghost,
                 uint64_t tick)
{
    const bool over =
        keymap_get(&reducer->ends, (uint64_t)ghost->ended + 1) != (uint32_t)ghost->end_serial;
    const unsigned how = (over ? TRACE_GONE_OVER : 0) | (ghost->within ? TRACE_GONE_WITHIN : 0);
    struct trace_event event = {.kind = TRACE_EVENT_GONE,
                                .thread = unit->thread & 0xffffff,
                                .stack = ghost->created,
                                .tick = tick,
                                .pool = ghost->address};
    event.gone_first = (uint16_t)ghost->first;
    event.gone_name = (uint16_t)ghost->name;
    event.gone_destroyed = ghost->ended;
    event.adopted_below = ghost->parent & 0xffffffffffff;
    event.adopted_system = ghost->system;
    event.gone_how = how % TRACE_GONE_BITS;
    unit_add(reducer, unit, &event);
    if (!ghost->within || !ghost->allocations)
        return;
    struct trace_event took = {.kind = TRACE_EVENT_TOOK,
                               .thread = unit->thread & 0xffffff,
                               .tick = tick,
                               .pool = ghost->address,
                               .number = ghost->allocations};
    took.held = ghost->bytes;
    unit_add(reducer, unit, &took);
}

/* First what it was made in, where that is still the one that was there then. */
bool ghost_tell(struct reducer *reducer, struct unit_events *unit, uint64_t address,
                const struct trace_event *event)
{
    struct ghost chain[DEPTH_MOST];
    unsigned depth = 0;
    uint32_t number = address ? keymap_get(&reducer->ghosts, address) : 0;
    while (number && depth < DEPTH_MOST) {
        const struct ghost *ghost = &reducer->ghost_items[number - 1];
        if (depth && ghost->made > chain[depth - 1].made)
            break;
        chain[depth++] = *ghost;
        ghost_forget(reducer, chain[depth - 1].address);
        number =
            chain[depth - 1].parent ? keymap_get(&reducer->ghosts, chain[depth - 1].parent) : 0;
    }
    reducer->failed |= depth > 0 && unit->left;
    for (unsigned i = depth; i > 0; i--)
        tell(reducer, unit, &chain[i - 1], event->tick);
    return depth > 0;
}

void ghosts_tell_all(struct reducer *reducer, struct unit_events *unit,
                     const struct trace_event *event)
{
    while (reducer->ghost_count > 0)
        ghost_tell(reducer, unit, reducer->ghost_items[reducer->ghost_count - 1].address, event);
}
