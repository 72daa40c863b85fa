/* fates.c - what becomes of the pools of a unit of work that is over; see fates.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/thin/fates.h"

#include "analyzer/thin/ghosts.h"
#include "analyzer/util/memory.h"

#define LIKE_ALLOCATIONS 256u          /* took much: so many allocations, ... */
#define LIKE_BYTES       (16u * 1024u) /* ...or bytes: it matters where */
#define ALLOCATIONS_MOST (1u << 20)    /* of one that is left out */
#define BYTES_MOST       (16u << 20)

static struct way way_of(const struct young *pool)
{
    return (struct way){pool->created, pool->ended, pool->first | pool->name << 16, pool->with};
}

/* Each allocation of it is counted, not a few, where what grows in a unit is looked for. */
static bool is_counted(const struct reducer *reducer, const struct young *pool)
{
    return reducer->systems->gives_back[pool->system];
}

/* It may be more than one place takes without being told of. */
static bool may_be_told(const struct young *pool)
{
    return pool->allocations >= LIKE_ALLOCATIONS || pool->taken >= 4 * LIKE_BYTES;
}

static bool took_much(const struct young *pool)
{
    return pool->look_count > 0 &&
           (pool->allocations >= LIKE_ALLOCATIONS || pool->bytes >= LIKE_BYTES);
}

/* What it has in common with others that took the same, at the same places, in the same order. */
static uint64_t like_key(const struct reducer *reducer, const struct young *pool)
{
    const uint64_t parent =
        pool->above ? young_number(reducer, pool->above)->created : pool->parent;
    uint64_t key = pool->like_key;
    const uint64_t words[] = {pool->created, parent, (uint64_t)pool->first << 32 | pool->name};
    for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
        key = (key ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        key ^= key >> 29;
    }
    return key ? key : 1;
}

static bool has_example(const struct reducer *reducer, const struct young *pool)
{
    const struct way way = way_of(pool);
    return examples_has_way(reducer->examples, &way) &&
           (!took_much(pool) || examples_alike(reducer->examples, like_key(reducer, pool)));
}

/* Is what it was made in there for those who look whether it has pools? */
static bool parent_is_known(const struct reducer *reducer, const struct young *pool)
{
    const bool told = !pool->above || young_number(reducer, pool->above)->told;
    return !told || !pool->parent || keymap_get(&reducer->mothers, pool->parent);
}

/* POOL ended, and might be left out; what is told of it, SUMMED or not. */
static void tell_ended(struct reducer *reducer, struct young *pool, bool summed)
{
    const struct way way = way_of(pool);
    pool->told = true;
    examples_note_way(reducer->examples, &way);
    pool->summed = summed && !is_counted(reducer, pool) && pool->allocations > pool->look_count + 1;
    if (!pool->summed || !took_much(pool))
        return;
    const uint64_t key = like_key(reducer, pool);
    if (!examples_alike(reducer->examples, key))
        pool->like = examples_new_alike(reducer->examples, key);
}

static bool may_be_left_out(const struct reducer *reducer, const struct young *pool)
{
    return pool->ended && !(pool->with && pool->awaited) && !pool->one &&
           !(is_counted(reducer, pool) && may_be_told(pool)) &&
           pool->allocations <= ALLOCATIONS_MOST && pool->bytes <= BYTES_MOST &&
           has_example(reducer, pool) && parent_is_known(reducer, pool);
}

static void decide(struct reducer *reducer, struct young *pool, bool survive)
{
    const bool example = examples_is_example(reducer->examples, pool->created, reducer->commands);
    examples_count_made(reducer->examples, pool->created, reducer->commands, 1);
    keymap_remove(&reducer->mothers, pool->address);
    if (pool->state == YOUNG_LIVE) {
        pool->told = true;
        if (survive)
            examples_survives(reducer->examples, pool->created);
    } else if (pool->unusual || example || !may_be_left_out(reducer, pool)) {
        tell_ended(reducer, pool, !pool->unusual && !example);
    }
    if (pool->told && pool->parent)
        *keymap_put(&reducer->mothers, pool->parent) = 1;
}

/* What one that is told of was made in is, too. */
static void tell_above(struct reducer *reducer, const struct unit_events *unit)
{
    for (size_t i = unit->pool_count; i > 0; i--) {
        const struct young *pool = young_number(reducer, unit->pools[i - 1]);
        struct young *above = pool->above ? young_number(reducer, pool->above) : NULL;
        if (pool->told && above && !above->told)
            tell_ended(reducer, above, true);
    }
}

static void leave_out(struct reducer *reducer, struct young *pool, uint32_t number)
{
    const struct way way = way_of(pool);
    if (took_much(pool)) {
        const uint32_t like = examples_alike(reducer->examples, like_key(reducer, pool));
        if (like)
            examples_count_alike(reducer->examples, like, reducer->commands);
    }
    examples_add(reducer->examples, &way, pool->allocations, pool->bytes, pool->had_pools);
    if (keymap_get(&reducer->at, pool->address) == number)
        ghost_add(reducer, pool);
    reducer->left_out++;
}

/* What POOL took, where that is not told one by one; its end comes next. */
static void write_taken(struct reducer *reducer, const struct unit_events *unit,
                        const struct young *pool, uint64_t tick)
{
    struct trace_event event = {.kind = TRACE_EVENT_TOOK,
                                .thread = unit->thread & 0xffffff,
                                .tick = tick,
                                .pool = pool->address,
                                .number = pool->allocations};
    event.held = pool->bytes;
    thin_writer_put(reducer->writer, &event);
    event.kind = TRACE_EVENT_PLACE;
    for (size_t i = 0; i < pool->look_count; i++) {
        event.stack = pool->looks[i].stack;
        event.number = pool->looks[i].count;
        event.held = pool->looks[i].bytes;
        thin_writer_put(reducer->writer, &event);
    }
    if (!pool->like)
        return;
    event.kind = TRACE_EVENT_LIKE;
    event.number = pool->like;
    thin_writer_put(reducer->writer, &event);
}

static void write_item(struct reducer *reducer, const struct unit_events *unit,
                       const struct item *item)
{
    const struct young *owner = item->owner ? young_number(reducer, item->owner) : NULL;
    if (owner && (!owner->told || (owner->summed && item->event.kind == TRACE_EVENT_ALLOC)))
        return;
    for (uint32_t number = item->ends; number;) {
        const struct young *pool = young_number(reducer, number);
        if (pool->summed)
            write_taken(reducer, unit, pool, item->event.tick);
        number = pool->ends_next;
    }
    thin_writer_put(reducer->writer, &item->event);
}

void unit_flush(struct reducer *reducer, struct unit_events *unit, bool survive)
{
    for (size_t i = 0; i < unit->pool_count; i++)
        decide(reducer, young_number(reducer, unit->pools[i]), survive);
    tell_above(reducer, unit);
    for (size_t i = 0; i < unit->pool_count; i++) {
        struct young *pool = young_number(reducer, unit->pools[i]);
        if (!pool->told)
            leave_out(reducer, pool, unit->pools[i]);
    }
    for (size_t i = 0; i < unit->count; i++)
        write_item(reducer, unit, &unit->items[i]);
    unit_clear(reducer, unit);
}

void reducer_sum_up(struct reducer *reducer, uint32_t thread, uint64_t tick)
{
    struct trace_event event = {.thread = thread & 0xffffff, .tick = tick};
    while (examples_take(reducer->examples, reducer->commands, &event))
        thin_writer_put(reducer->writer, &event);
    reducer->summed_at = reducer->commands;
}
