/* survivors.c - young pools are written after all; see survivors.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/survivors.h"

#include "preload/hooks/naming.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/trace/names.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/young/objects.h"
#include "preload/young/only.h"
#include "preload/young/refills.h"

struct survivors_end survivors_ends[SURVIVORS_ENDS];
FORKED uint32_t survivors_ended;

static void count(enum trace_young what)
{
    struct trace_header *header = trace_file_header();
    if (header)
        header->young[what]++;
}

static void write_name(struct stream *stream, const struct young_pool *pool, uint32_t name)
{
    if (name && names_know(stream, name))
        event_name_id(stream, pool->address, TRACE_NO_STACK, name);
}

/* What can be given back by itself, as far as it was not, one by one. */
static void write_objects(struct stream *stream, struct young_pools *young,
                          const struct young_pool *pool)
{
    const struct young_object *object = NULL;
    for (uint16_t left = young_more(young, pool)->objects; left > 0; left--) {
        object = young_object_next(young, pool, object);
        if (object && object->address)
            event_object(stream, pool->address, object->stack, object->bytes, object->address);
        else if (object)
            event_alloc(stream, pool->address, object->stack, object->bytes);
    }
}

static uint64_t bytes_of_objects(struct young_pools *young, const struct young_pool *pool)
{
    const struct young_object *object = NULL;
    uint64_t bytes = 0;
    for (uint16_t left = young_more(young, pool)->objects; left > 0; left--) {
        object = young_object_next(young, pool, object);
        bytes += object ? object->bytes : 0;
    }
    return bytes;
}

/* Before it was cleared last, if it was. */
static void write_cleared(struct stream *stream, const struct young_pool *pool,
                          const struct young_more *more)
{
    if (more->cleared)
        event_took(stream, pool->address, more->cleared, 0);
    if (more->clear_stack && pool->state == YOUNG_LIVE)
        event_reset(stream, pool->address, more->clear_stack, POOL_USAGE_UNKNOWN);
}

static void write_taken(struct stream *stream, struct young_pools *young,
                        const struct young_pool *pool)
{
    const struct young_looks *looks = &young->looks[pool->looks];
    const struct young_more *more = young_more(young, pool);
    const uint32_t count = pool->allocations - more->cleared;
    write_cleared(stream, pool, more);
    if (count > more->objects)
        event_took(stream, pool->address, count - more->objects,
                   pool->bytes - bytes_of_objects(young, pool));
    write_objects(stream, young, pool);
    for (unsigned i = 0; pool->looks && i < looks->count; i++)
        event_place(stream, pool->address, looks->items[i].stack, looks->items[i].count,
                    looks->items[i].bytes);
}

void survivors_note_made(struct young_pools *young, uint64_t pool, uint32_t stack)
{
    const struct passing_call made = passing_pool(pool, stack);
    passing_take(&young->passing, &made, true);
}

static void write_one(struct stream *stream, struct generation *generation, struct young_pool *pool,
                      bool survives)
{
    struct young_place *place = places_of(generation->places, pool->created);
    const struct pool_system *system = generation->systems[pool->system];
    event_survivor(stream, pool->address, pool->parent, pool->created, pool->system, pool->made,
                   pool->serial);
    write_name(stream, pool, pool->first);
    if (pool->name != pool->first)
        write_name(stream, pool, pool->name);
    naming_tell_but(stream, system, pool->address, pool->name);
    if (only_is(pool->address))
        only_told(young_only.kind, pool->address);
    write_taken(stream, generation->pools, pool);
    refill_note_made(generation->pools, pool->parent);
    if (place && survives)
        place->survives = true;
    if (system->gives_back)
        survivors_note_made(generation->pools, pool->address, pool->created);
    count(TRACE_YOUNG_SURVIVED);
    young_remove(generation->pools, pool);
}

/* Each of those above it was made before it: what is young above one is alive. */
void survivors_write(struct stream *stream, struct generation *generation, struct young_pool *pool,
                     bool survives)
{
    struct young_pool *chain[YOUNG_LIVE_MAX + 1];
    unsigned depth = 0;
    while (pool && pool->state == YOUNG_LIVE && depth <= YOUNG_LIVE_MAX) {
        chain[depth++] = pool;
        pool = young_find(generation->pools, pool->parent);
    }
    while (depth-- > 0)
        write_one(stream, generation, chain[depth], survives);
}

void survivors_write_refilled(struct stream *stream, struct generation *generation,
                              struct young_pool *pool)
{
    write_taken(stream, generation->pools, pool);
    refill_end(generation->pools, pool);
}

void survivors_write_uncleared(struct stream *stream, struct generation *generation, uint32_t unit)
{
    struct young_pool *pool;
    while ((pool = refill_uncleared(generation->pools, unit)))
        survivors_write_refilled(stream, generation, pool);
}

void survivors_write_item(struct stream *stream, struct generation *generation,
                          struct passing_item *item)
{
    struct passing *passing = &generation->pools->passing;
    event_object(stream, item->pool, passing_stack(passing, item), item->bytes, item->address);
    passing_tell(passing, item);
}

void survivors_write_passing(struct stream *stream, struct generation *generation, uint64_t pool)
{
    struct passing *passing = &generation->pools->passing;
    struct passing_item *next = passing_next(passing, NULL);
    for (uint32_t left = passing->count; next && left > 0; left--) {
        struct passing_item *item = next;
        next = passing_next(passing, item);
        if (!pool || item->pool == pool)
            survivors_write_item(stream, generation, item);
    }
}

void survivors_count_passed(struct generation *generation)
{
    struct trace_header *header = trace_file_header();
    if (header)
        header->young[TRACE_YOUNG_PASSED] += generation->pools->passing.passed;
    generation->pools->passing.passed = 0;
}

void survivors_write_stayed(struct stream *stream, struct generation *generation)
{
    struct passing *passing = &generation->pools->passing;
    struct passing_item *next = passing_next(passing, NULL);
    for (uint32_t left = passing->count; next && left > 0; left--) {
        struct passing_item *item = next;
        next = passing_next(passing, item);
        if (!passing_goes(passing, passing_stack(passing, item), item->unit))
            survivors_write_item(stream, generation, item);
    }
    passing_grow_old(passing);
    if (passing_is_full(passing)) {
        survivors_write_passing(stream, generation, 0);
        passing_wipe(passing);
    }
    survivors_count_passed(generation);
}

uint32_t survivors_alike(struct generation *generation, const struct young_pool *pool,
                         uint64_t *key)
{
    *key = 0;
    if (!alike_matters(pool))
        return 0;
    const struct young_pool *parent = young_find(generation->pools, pool->parent);
    *key = alike_key(generation->pools, pool, parent ? parent->created : pool->parent);
    return alike_find(&generation->places->alikes, *key);
}

void survivors_write_ending(struct stream *stream, struct generation *generation,
                            struct young_pool *pool)
{
    const uint64_t address = pool->address;
    uint64_t key;
    const bool known = survivors_alike(generation, pool, &key) > 0;
    survivors_write(stream, generation, pool, false);
    const uint32_t number = key && !known ? alike_add(&generation->places->alikes, key) : 0;
    if (number)
        event_like(stream, address, number);
}

void survivors_write_all(struct stream *stream, struct generation *generation, bool survive)
{
    struct young_pool *pool;
    unsigned left = YOUNG_LIVE_MAX; /* what a handler left behind may be in disorder */
    while (left-- > 0 && (pool = young_next(generation->pools, NULL)))
        survivors_write(stream, generation, pool, survive);
}

bool survivors_is_over(const struct young_pool *pool)
{
    const struct survivors_end *end = &survivors_ends[pool->ended % SURVIVORS_ENDS];
    return end->stack == pool->ended && end->serial != pool->serial;
}

/* POOL, which ends, has COUNT objects. */
static void write_count(struct stream *stream, const struct young_pool *pool, uint32_t count)
{
    while (count-- > 0)
        event_object(stream, pool->address, TRACE_NO_STACK, 0, 0);
}

static void write_one_gone(struct stream *stream, struct generation *generation,
                           struct young_pool *pool)
{
    const bool within = pool->state == YOUNG_ENDED_WITHIN;
    const struct event_gone gone = {
        .parent = pool->parent,
        .created = pool->created,
        .destroyed = pool->ended,
        .first = pool->first && names_know(stream, pool->first) ? pool->first : 0,
        .name = pool->name && names_know(stream, pool->name) ? pool->name : 0,
        .system = pool->system,
        .how = (survivors_is_over(pool) ? TRACE_GONE_OVER : 0) | (within ? TRACE_GONE_WITHIN : 0)};
    event_gone(stream, pool->address, &gone);
    if (within && pool->allocations)
        event_took(stream, pool->address, pool->allocations, pool->bytes);
    if (within) /* so many are counted when its end is seen */
        write_count(stream, pool, young_more(generation->pools, pool)->objects);
    young_remove(generation->pools, pool);
}

/* Is PARENT, at the address of POOL's, the one that was there when that was made? */
static bool is_parent(const struct young_pool *parent, const struct young_pool *pool)
{
    return parent && parent->made <= pool->made;
}

void survivors_write_gone(struct stream *stream, struct generation *generation,
                          struct young_pool *pool)
{
    struct young_pool *chain[YOUNG_LIVE_MAX + 1];
    struct young_pool *parent;
    unsigned depth = 0;
    while (depth <= YOUNG_LIVE_MAX) {
        chain[depth++] = pool;
        parent = young_find(generation->pools, pool->parent);
        if (!is_parent(parent, pool) || parent->state == YOUNG_LIVE)
            break;
        pool = parent;
    }
    if (is_parent(parent, pool) && parent->state == YOUNG_LIVE)
        survivors_write(stream, generation, parent, false);
    while (depth-- > 0)
        write_one_gone(stream, generation, chain[depth]);
}

void survivors_write_all_gone(struct stream *stream, struct generation *generation)
{
    struct young_pools *young = generation->pools;
    for (uint32_t i = 0; young->ended > 0 && i < young->limit; i++) {
        struct young_pool *pool = &young->pools[i];
        if (pool->state == YOUNG_ENDED || pool->state == YOUNG_ENDED_WITHIN)
            survivors_write_gone(stream, generation, pool);
    }
}

/* Those that end with one are of one end. */
void survivors_end(struct generation *generation, struct young_pool *pool,
                   struct young_ending *ending, uint32_t stack, bool with)
{
    uint64_t key;
    const uint32_t alike = survivors_alike(generation, pool, &key);
    generation->apart |= alike > 0; /* AGAIN tells it */
    if (alike)
        alike_count(&generation->places->alikes, alike, generation->unit);
    survivors_end_alone(generation, pool, ending, stack, with ? YOUNG_ENDED_WITHIN : YOUNG_ENDED);
}

static void clear_sums(struct young_ending *ending)
{
    ending->count = ending->allocations = ending->largest = 0;
    ending->bytes = 0;
    ending->how &= TRACE_YOUNG_WITH;
}

static void write_sums(struct stream *stream, struct young_ending *ending)
{
    const struct event_young young = {.created = ending->created,
                                      .destroyed = ending->ended,
                                      .how = ending->how,
                                      .count = ending->count,
                                      .allocations = ending->allocations,
                                      .bytes = ending->bytes,
                                      .largest = ending->largest};
    event_young(stream, &young);
    clear_sums(ending);
}

static void write_alikes(struct stream *stream, struct generation *generation)
{
    struct young_alikes *alikes = &generation->places->alikes;
    uint32_t number;
    while ((number = alike_take(alikes))) {
        struct young_alike *alike = &alikes->items[number - 1];
        event_again(stream, number, alike->count, generation->unit - alike->unit);
        alike->count = 0;
    }
}

/* Once in a second: so much is lost where the process is killed. */
void survivors_sum_up(struct stream *stream, struct generation *generation, bool all)
{
    const uint64_t second = clock_coarse() >> 30;
    struct young_ending *ending;
    if (!all && second == generation->summed)
        return;
    generation->summed = second;
    while ((ending = places_take(generation->places)))
        write_sums(stream, ending);
    write_alikes(stream, generation);
}

void survivors_forget_sums(struct generation *generation)
{
    struct young_alikes *alikes = &generation->places->alikes;
    struct young_ending *ending;
    uint32_t number;
    while ((ending = places_take(generation->places)))
        clear_sums(ending);
    while ((number = alike_take(alikes)))
        alikes->items[number - 1].count = 0;
}
