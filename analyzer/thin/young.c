/* young.c - the events of a unit of work that goes on; see young.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/young.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* A name that was told in the event is there until the next one. Any byte may be in it. */
static void keep_name(struct unit_events *unit, struct trace_event *event)
{
    if (event->kind != TRACE_EVENT_NAME || event->name_id != TRACE_NO_NAME)
        return;
    GROW(unit->texts, unit->text_count, unit->text_capacity);
    char *text = xmalloc(event->name_length);
    memcpy(text, event->name, event->name_length);
    event->name = unit->texts[unit->text_count++] = text;
}

struct item *unit_add(struct reducer *reducer, struct unit_events *unit,
                      const struct trace_event *event)
{
    if (unit->left)
        return NULL;
    if (!unit->open) {
        thin_writer_put(reducer->writer, event);
        return NULL;
    }
    GROW(unit->items, unit->count, unit->capacity);
    struct item *item = &unit->items[unit->count++];
    *item = (struct item){.event = *event};
    keep_name(unit, &item->event);
    return item;
}

void unit_clear(struct reducer *reducer, struct unit_events *unit)
{
    for (size_t i = 0; i < unit->pool_count; i++) {
        const uint32_t number = unit->pools[i];
        struct young *pool = young_number(reducer, number);
        if (keymap_get(&reducer->at, pool->address) == number)
            keymap_remove(&reducer->at, pool->address);
        for (size_t j = 0; j < pool->piece_count; j++)
            if (keymap_get(&reducer->pieces, pool->pieces[j].address) == number)
                keymap_remove(&reducer->pieces, pool->pieces[j].address);
        free(pool->pieces);
        free(pool->looks);
        GROW(reducer->unused, reducer->unused_count, reducer->unused_capacity);
        reducer->unused[reducer->unused_count++] = number;
    }
    for (size_t i = 0; i < unit->text_count; i++)
        free(unit->texts[i]);
    unit->count = unit->pool_count = unit->text_count = 0;
    unit->live = 0;
    unit->with = 0;
}
