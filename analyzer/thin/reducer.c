/* reducer.c - the events of a process as they come; see reducer.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/reducer.h"

#include "analyzer/thin/fates.h"
#include "analyzer/thin/ghosts.h"
#include "analyzer/thin/makers.h"
#include "analyzer/thin/pieces.h"
#include "analyzer/util/memory.h"
#include "preload/trace/looked.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_MOST (1u << 18) /* of a unit; of longer ones, what is not over by then is told */
#define SUM_UNITS   4096u      /* sums are written once in so many units of work */
#define LIVE_MOST   96u /* young pools at once: of more, those made in one pool would count */

struct reducer *reducer_new(const struct thin_systems *systems, struct thin_writer *writer)
{
    struct reducer *reducer = xcalloc(1, sizeof(*reducer));
    reducer->systems = systems;
    reducer->writer = writer;
    reducer->examples = examples_new();
    return reducer;
}

void reducer_free(struct reducer *reducer)
{
    for (size_t i = 0; i < reducer->unit_count; i++) {
        free(reducer->units[i].items);
        free(reducer->units[i].pools);
        free(reducer->units[i].texts);
    }
    examples_free(reducer->examples);
    keymap_free(&reducer->at);
    keymap_free(&reducer->pieces);
    keymap_free(&reducer->ghosts);
    keymap_free(&reducer->maker_index);
    keymap_free(&reducer->mothers);
    keymap_free(&reducer->ends);
    free(reducer->units);
    free(reducer->pools);
    free(reducer->unused);
    free(reducer->ghost_items);
    free(reducer->makers);
    free(reducer);
}

uint64_t reducer_left_out(const struct reducer *reducer)
{
    return reducer->left_out;
}

/* A moment later it may lie elsewhere. */
static struct unit_events *unit_of(struct reducer *reducer, uint32_t thread)
{
    for (size_t i = 0; i < reducer->unit_count; i++)
        if (reducer->units[i].thread == thread)
            return &reducer->units[i];
    GROW(reducer->units, reducer->unit_count, reducer->unit_capacity);
    struct unit_events *unit = &reducer->units[reducer->unit_count++];
    *unit = (struct unit_events){.thread = thread};
    return unit;
}

/* POOL, which was alive, has ended with ITEM of UNIT, by STACK. */
static void end_pool(struct reducer *reducer, struct unit_events *unit, uint32_t number,
                     uint32_t stack, bool with, struct item *item)
{
    struct young *pool = young_number(reducer, number);
    pool->state = with ? YOUNG_ENDED_WITHIN : YOUNG_ENDED;
    pool->with = with;
    pool->ended = stack;
    pool->end_serial = reducer->end_serial;
    pool->ends_next = item->ends;
    item->ends = number;
    unit->live--;
}

static bool is_below(const struct reducer *reducer, const struct young *pool, uint64_t address)
{
    for (unsigned i = 0; i < DEPTH_MOST; i++) {
        if (pool->parent == address)
            return true;
        if (!pool->above)
            return false;
        pool = young_number(reducer, pool->above);
    }
    return true;
}

/* What is below the pool at ADDRESS ends with ITEM of UNIT, NULL: with something else, which is
 * told of all. */
static void end_below(struct reducer *reducer, struct unit_events *unit, uint64_t address,
                      uint32_t stack, struct item *item)
{
    for (size_t i = 0; i < unit->pool_count && unit->live > 0; i++) {
        struct young *pool = young_number(reducer, unit->pools[i]);
        if (pool->state != YOUNG_LIVE || !is_below(reducer, pool, address))
            continue;
        if (item)
            end_pool(reducer, unit, unit->pools[i], stack, true, item);
        else
            pool->unusual = true;
    }
}

static void end_below_of_others(struct reducer *reducer, const struct unit_events *but,
                                uint64_t address)
{
    for (size_t i = 0; i < reducer->unit_count; i++)
        if (&reducer->units[i] != but)
            end_below(reducer, &reducer->units[i], address, 0, NULL);
}

static void note_end(struct reducer *reducer, uint32_t stack)
{
    reducer->end_serial++;
    *keymap_put(&reducer->ends, (uint64_t)stack + 1) = (uint32_t)reducer->end_serial;
}

static void look_at(struct young *pool, uint32_t stack, uint64_t bytes)
{
    size_t i = 0;
    while (i < pool->look_count && pool->looks[i].stack != stack)
        i++;
    if (i == pool->look_count) {
        GROW(pool->looks, pool->look_count, pool->look_capacity);
        pool->looks[pool->look_count++] = (struct look){.stack = stack};
    }
    pool->looks[i].count++;
    pool->looks[i].bytes += bytes;
}

static uint64_t mix(uint64_t key, uint64_t word)
{
    key = (key ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return key ^ key >> 29;
}

static void take(const struct reducer *reducer, struct young *pool, const struct trace_event *event)
{
    const uint64_t bytes = thin_systems_round(reducer->systems, pool->system, event->size);
    pool->unusual |= !event->stack || event->size > UINT32_MAX;
    pool->allocations++;
    pool->bytes += bytes;
    pool->taken += bytes;
    pool->like_key = mix(mix(pool->like_key, event->stack), bytes);
    if (pool->allocations < pool->look_at)
        return;
    look_at(pool, event->stack, bytes);
    pool->look_at = trace_looked_again(pool->allocations);
}

static void name(const struct reducer *reducer, struct young *pool, const struct trace_event *event)
{
    if (event->name_id > UINT16_MAX) {
        pool->unusual = true;
        return;
    }
    if (!pool->first) {
        const enum name_meaning meaning =
            thin_systems_meaning(reducer->systems, pool->system, event->name, event->name_length);
        pool->one = meaning == NAME_MEANS_ONE;
        pool->awaited = meaning == NAME_MEANS_END;
        pool->first = event->name_id;
    }
    pool->name = event->name_id;
}

/* ITEM is about POOL, number NUMBER, of its own thread. */
static void meet_own(struct reducer *reducer, struct unit_events *unit, uint32_t number,
                     struct item *item)
{
    struct young *pool = young_number(reducer, number);
    const struct trace_event *event = &item->event;
    const bool live = pool->state == YOUNG_LIVE;
    item->owner = number;
    if (event->kind == TRACE_EVENT_ALLOC && live) {
        take(reducer, pool, event);
    } else if (event->kind == TRACE_EVENT_OBJECT && live) {
        take(reducer, pool, event);
        pieces_add(reducer, number, event->object,
                   thin_systems_round(reducer->systems, pool->system, event->size));
    } else if (event->kind == TRACE_EVENT_FOUND && live) {
        pieces_note_found(pool, event);
    } else if (event->kind == TRACE_EVENT_LARGE && live) {
        pieces_note_large(pool, event->object);
    } else if (event->kind == TRACE_EVENT_NAME && live) {
        name(reducer, pool, event);
    } else if (event->kind == TRACE_EVENT_DESTROY && pool->state != YOUNG_ENDED) {
        pieces_compare(pool, event->used);
        note_end(reducer, event->stack);
        if (live) {
            end_below(reducer, unit, event->pool, event->stack, item);
            end_pool(reducer, unit, number, event->stack, false, item);
        }
        pool->state = YOUNG_ENDED;
    } else {
        pool->unusual = true;
        if (event->kind == TRACE_EVENT_CLEAR)
            end_below(reducer, unit, event->pool, event->stack, item);
    }
}

/* The event is about a pool of which nothing is young, or which is another thread's. */
static void meet_other(struct reducer *reducer, struct unit_events *unit,
                       const struct trace_event *event, struct item *item)
{
    const uint32_t number = keymap_get(&reducer->at, event->pool);
    if (number)
        young_number(reducer, number)->unusual = true;
    if (event->kind != TRACE_EVENT_DESTROY && event->kind != TRACE_EVENT_CLEAR)
        return;
    if (unit->live > 0 && event->kind == TRACE_EVENT_DESTROY)
        note_end(reducer, event->stack);
    end_below(reducer, unit, event->pool, event->stack, number ? NULL : item);
}

static void be_unusual(struct reducer *reducer, uint64_t address)
{
    const uint32_t number = address ? keymap_get(&reducer->at, address) : 0;
    if (number)
        young_number(reducer, number)->unusual = true;
}

static uint32_t new_number(struct reducer *reducer)
{
    if (reducer->unused_count > 0)
        return reducer->unused[--reducer->unused_count];
    GROW(reducer->pools, reducer->pool_count, reducer->pool_capacity);
    return (uint32_t)++reducer->pool_count;
}

/* May the pool that EVENT makes be left out? ABOVE: the young pool that it is made in, 0: none. */
static bool may_be_young(const struct reducer *reducer, const struct unit_events *unit,
                         const struct trace_event *event, uint32_t above)
{
    const struct young *parent = above ? young_number(reducer, above) : NULL;
    const struct thin_systems *systems = reducer->systems;
    return unit->open && !unit->crowded && event->stack && event->system < systems->set.count &&
           systems->thinned[event->system] && event->parent != event->pool &&
           (event->parent || systems->has_roots_only[event->system]) &&
           (parent ? parent->thread == unit->thread && parent->state == YOUNG_LIVE
                   : !event->parent || !makers_is_dead(reducer, event->parent));
}

static void all_live_stay(struct reducer *reducer, struct unit_events *unit)
{
    for (size_t i = 0; i < unit->pool_count; i++) {
        struct young *pool = young_number(reducer, unit->pools[i]);
        pool->unusual |= pool->state == YOUNG_LIVE;
    }
}

static void make(struct reducer *reducer, struct unit_events *unit, struct item *item,
                 uint32_t above)
{
    const struct trace_event *event = &item->event;
    const uint32_t number = new_number(reducer);
    *young_number(reducer, number) = (struct young){.address = event->pool,
                                                    .parent = event->parent,
                                                    .look_at = trace_looked_again(1),
                                                    .made = ++reducer->made,
                                                    .thread = unit->thread,
                                                    .above = above,
                                                    .created = event->stack,
                                                    .system = (uint8_t)event->system};
    if (above)
        young_number(reducer, above)->had_pools = true;
    item->owner = number;
    if (unit->with && unit->items[unit->with - 1].event.pool == event->pool)
        unit->items[unit->with - 1].owner = number;
    GROW(unit->pools, unit->pool_count, unit->pool_capacity);
    unit->pools[unit->pool_count++] = number;
    unit->live++;
    *keymap_put(&reducer->at, event->pool) = number;
    if (unit->live < LIVE_MOST)
        return;
    unit->crowded = true;
    all_live_stay(reducer, unit);
}

/* Of one that is made, or was and is told of now, what was at its address is there no more. */
static void on_create(struct reducer *reducer, struct unit_events *unit,
                      const struct trace_event *event)
{
    const uint32_t before = keymap_get(&reducer->at, event->pool);
    if (event->parent == event->pool)
        be_unusual(reducer, event->parent);
    if (before && young_number(reducer, before)->state == YOUNG_LIVE) {
        young_number(reducer, before)->unusual = true;
        end_below(reducer, unit, event->pool, 0, NULL);
        end_below_of_others(reducer, unit, event->pool);
    }
    if (before)
        keymap_remove(&reducer->at, event->pool);
    const bool was_left_out = ghost_tell(reducer, unit, event->parent, event);
    ghost_forget(reducer, event->pool);
    const uint32_t above = event->parent ? keymap_get(&reducer->at, event->parent) : 0;
    const bool young = !was_left_out && may_be_young(reducer, unit, event, above);
    makers_note(reducer, event);
    struct item *item = unit_add(reducer, unit, event);
    if (young)
        make(reducer, unit, item, above);
    else
        be_unusual(reducer, event->parent);
    unit->with = 0;
}

/* It is about the pool that comes next at that address. */
static void on_with(struct reducer *reducer, struct unit_events *unit,
                    const struct trace_event *event)
{
    unit->with = unit_add(reducer, unit, event) ? unit->count : 0;
}

/* Addresses that an event names beside its pool's. */
static uint64_t parent_of(const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_MOVE:
        return event->parent;
    case TRACE_EVENT_ADOPT:
    case TRACE_EVENT_SURVIVOR:
    case TRACE_EVENT_GONE:
        return event->adopted_below;
    case TRACE_EVENT_DANGLING:
        return event->holder_pool;
    default:
        return 0;
    }
}

/* FREE and RELEASE; what comes after RELEASE in its thread is the same object, elsewhere. */
static void on_free(struct reducer *reducer, struct unit_events *unit,
                    const struct trace_event *event)
{
    const uint32_t number = pieces_give_back(reducer, unit, event);
    const uint32_t told = keymap_get(&reducer->at, event->pool);
    if (!told)
        ghost_tell(reducer, unit, event->pool, event);
    else if (told != number)
        young_number(reducer, told)->unusual = true;
    unit->resizes = event->kind == TRACE_EVENT_RELEASE;
    struct item *item = unit_add(reducer, unit, event);
    if (item)
        item->owner = number;
}

static void on_pool_event(struct reducer *reducer, struct unit_events *unit,
                          const struct trace_event *event)
{
    if (event->kind == TRACE_EVENT_OBJECT && unit->resizes)
        be_unusual(reducer, event->pool);
    unit->resizes = unit->resizes && event->kind != TRACE_EVENT_OBJECT;
    const uint32_t number = keymap_get(&reducer->at, event->pool);
    const bool own = number && young_number(reducer, number)->thread == unit->thread && unit->open;
    if (!number)
        ghost_tell(reducer, unit, event->pool, event);
    ghost_tell(reducer, unit, parent_of(event), event);
    be_unusual(reducer, parent_of(event));
    if (event->kind == TRACE_EVENT_ORPHAN || event->kind == TRACE_EVENT_RELOCATE)
        for (size_t i = 0; i < reducer->unit_count; i++)
            all_live_stay(reducer, &reducer->units[i]);
    if (event->kind == TRACE_EVENT_MOVE || event->kind == TRACE_EVENT_DESTROY ||
        event->kind == TRACE_EVENT_CLEAR)
        makers_change(reducer, event);
    if (event->kind == TRACE_EVENT_DESTROY || event->kind == TRACE_EVENT_CLEAR)
        end_below_of_others(reducer, unit, event->pool);
    struct item *item = unit_add(reducer, unit, event);
    if (own)
        meet_own(reducer, unit, number, item);
    else
        meet_other(reducer, unit, event, item);
}

/* What is not over in any thread by now is told of. */
static void flush_all(struct reducer *reducer, bool survive)
{
    for (size_t i = 0; i < reducer->unit_count; i++) {
        unit_flush(reducer, &reducer->units[i], survive);
        reducer->units[i].open = false;
    }
}

static bool ends_unit_of_thread(const struct api_mark *mark, const struct trace_event *event)
{
    return mark->kind == API_MARK_COMMAND && event->thread != 0;
}

static void on_mark(struct reducer *reducer, struct unit_events *unit,
                    const struct trace_event *event)
{
    const struct api_mark *mark = api_set_mark(&reducer->systems->set, event->number);
    if (!mark || mark->kind == API_MARK_LABEL) {
        unit_add(reducer, unit, event);
        return;
    }
    const bool own = ends_unit_of_thread(mark, event);
    if (own)
        unit_flush(reducer, unit, true);
    else
        flush_all(reducer, false);
    if ((!own || reducer->commands - reducer->summed_at >= SUM_UNITS ||
         examples_is_full(reducer->examples)) &&
        !unit->left)
        reducer_sum_up(reducer, event->thread, event->tick);
    if (mark->kind == API_MARK_COMMAND)
        reducer->commands += event->kind == TRACE_EVENT_UNITS ? event->units : 1;
    unit->open = false;
    unit_add(reducer, unit, event);
    unit->open = own && !unit->left;
    unit->crowded = false;
}

/* After these, what was young may be asked for by others. */
static void on_barrier(struct reducer *reducer, struct unit_events *unit,
                       const struct trace_event *event)
{
    flush_all(reducer, event->kind == TRACE_EVENT_WALK && event->walk.when == TRACE_WALK_AT_UNIT);
    if (event->kind != TRACE_EVENT_WALK && !unit->left)
        reducer_sum_up(reducer, event->thread, event->tick);
    if (event->kind == TRACE_EVENT_FORK)
        ghosts_tell_all(reducer, unit, event);
    unit_add(reducer, unit, event);
}

/* What it was thinned before to: the events that tell of what was left out. */
static void learn(struct reducer *reducer, const struct trace_event *event)
{
    if (event->kind == TRACE_EVENT_YOUNG)
        examples_count_made(reducer->examples, event->stack, reducer->commands, event->young_count);
    if (event->kind == TRACE_EVENT_LIKE)
        examples_skip_alike(reducer->examples, event->number);
}

void reducer_take(struct reducer *reducer, const struct trace_event *event)
{
    struct unit_events *unit = unit_of(reducer, event->thread);
    if (!unit->left)
        reducer->last = *event;
    switch (event->kind) {
    case TRACE_EVENT_MARK:
    case TRACE_EVENT_UNITS:
        on_mark(reducer, unit, event);
        break;
    case TRACE_EVENT_FORK:
    case TRACE_EVENT_END:
    case TRACE_EVENT_WALK:
        on_barrier(reducer, unit, event);
        break;
    case TRACE_EVENT_LABEL:
    case TRACE_EVENT_YOUNG:
    case TRACE_EVENT_AGAIN:
    case TRACE_EVENT_LABELLED:
        learn(reducer, event);
        unit_add(reducer, unit, event);
        break;
    case TRACE_EVENT_CREATE:
        on_create(reducer, unit, event);
        break;
    case TRACE_EVENT_FREE:
    case TRACE_EVENT_RELEASE:
        on_free(reducer, unit, event);
        break;
    case TRACE_EVENT_WITH:
        on_with(reducer, unit, event);
        break;
    default:
        learn(reducer, event);
        on_pool_event(reducer, unit, event);
    }
    if (unit->count >= EVENTS_MOST)
        unit_flush(reducer, unit, false);
}

void reducer_leave(struct reducer *reducer, uint32_t thread)
{
    struct unit_events *unit = unit_of(reducer, thread);
    unit_flush(reducer, unit, false);
    unit->open = false;
    unit->left = true;
}

bool reducer_end(struct reducer *reducer, bool more)
{
    struct unit_events last = {.thread = reducer->last.thread};
    flush_all(reducer, false);
    reducer_sum_up(reducer, last.thread, reducer->last.tick);
    if (more)
        ghosts_tell_all(reducer, &last, &reducer->last);
    return !reducer->failed;
}
