/* object_fates.c - what becomes of what can be given back by itself; see object_fates.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/object_fates.h"

#include "preload/hooks/endings.h"
#include "preload/young/alive.h"
#include "preload/young/objects.h"

bool fate_may_grow(const struct generation *now, struct young_pool *of, uint64_t size)
{
    if (of->most >= YOUNG_BYTES_MAX || size > YOUNG_BYTES_MAX - of->bytes)
        return false;
    struct young_place *place = places_of(now->places, of->created);
    if (!place || place_grows_example(place))
        return false;
    of->most = YOUNG_BYTES_MAX;
    return true;
}

/* Is it to be known by whom OF, alive, takes more? Not of what is cleared in any case. */
static bool is_seen(struct young_pools *young, const struct young_pool *of)
{
    const uint32_t cleared = young_more(young, of)->cleared;
    return of->state == YOUNG_LIVE && of->allocations - cleared >= OBJECTS_UNSEEN;
}

/* OF, alive, takes what CALL says, which is not too much. */
static enum generation_fate add(struct young_pools *young, struct young_pool *of,
                                const struct generation_call *call, uint64_t address)
{
    const bool seen = is_seen(young, of);
    if (seen && !call->stack)
        return GENERATION_UNCLEAR;
    const uint32_t stack = seen ? call->stack : 0;
    return young_object_add(young, of, address, (uint32_t)call->size, stack) ? GENERATION_YOUNG
                                                                             : GENERATION_UNCLEAR;
}

/* Of what was RETURNED bytes before. */
static inline bool may_take(struct young_pools *young, const struct young_pool *of, uint64_t size,
                            uint32_t returned)
{
    const struct young_more *more = young_more(young, of);
    if (size > of->most - (of->bytes - returned) || of->allocations >= YOUNG_ALLOCATIONS_MAX)
        return false;
    return of->state == YOUNG_REFILLED ? more->objects < OBJECTS_REFILL
                                       : !young_object_is_much(of, more, size);
}

static inline bool is_alive(const struct young_pool *of)
{
    return of->state == YOUNG_LIVE || of->state == YOUNG_REFILLED;
}

/* The pool at the address POOL, of which something is taken at OBJECT; NULL: it is an older one.
 * Of those that are alive one is there. */
static inline struct young_pool *taken_from(struct young_pools *young, uint64_t pool,
                                            uint64_t object)
{
    struct young_pool *of = &young->pools[young->took];
    if (of->address == pool && is_alive(of))
        return of;
    of = young_find(young, pool);
    if (!of)
        of = young_find_refilled(young, pool);
    if (of) {
        young->took = (uint16_t)(of - young->pools);
        return of;
    }
    struct young_object *there = young_object_find(young, object);
    if (there) /* it was given back without telling */
        young_object_remove(young, there);
    return NULL;
}

enum generation_fate object_fate_take(struct young_pools *young, uint64_t pool, uint64_t object,
                                      uint64_t size)
{
    struct young_pool *of = taken_from(young, pool, object);
    if (!of) /* it is to be known by whom, where that may be */
        return young->passing.unit ? GENERATION_UNCLEAR : GENERATION_OLDER;
    return is_alive(of) && !is_seen(young, of) && may_take(young, of, size, 0) &&
                   young_object_add(young, of, object, (uint32_t)size, 0)
               ? GENERATION_YOUNG
               : GENERATION_UNCLEAR;
}

enum generation_fate object_fate_give_back(struct young_pools *young, uint64_t object)
{
    struct young_object *there = young_object_find(young, object);
    struct passing_item *passes = there ? NULL : passing_find(&young->passing, object);
    if (there)
        young_object_remove(young, there);
    else if (passes && !passes->written)
        passing_give_back(&young->passing, passes);
    else
        return GENERATION_UNCLEAR;
    return GENERATION_YOUNG;
}

static struct passing_call passing_call(const struct generation_call *call, uint64_t address)
{
    return (struct passing_call){
        .address = address, .pool = call->pool, .bytes = call->asked, .stack = call->stack};
}

/* From one that is in the trace. */
static enum generation_fate take_older(struct young_pools *young,
                                       const struct generation_call *call)
{
    const struct passing_call taken = passing_call(call, call->object);
    if (!young->passing.unit)
        return GENERATION_OLDER;
    if (!call->stack)
        return GENERATION_UNCLEAR;
    const bool may = alive_is(call->pool) && passing_may(&young->passing, &taken);
    passing_take(&young->passing, &taken, !may);
    return may ? GENERATION_YOUNG : GENERATION_OLDER;
}

static enum generation_fate take(struct young_pools *young, const struct generation_call *call)
{
    struct young_pool *of = taken_from(young, call->pool, call->object);
    if (!of)
        return take_older(young, call);
    if (ending_goes_on(young, of, call)) /* it is of no pool */
        return GENERATION_YOUNG;
    if (!is_alive(of) || !may_take(young, of, call->size, 0))
        return GENERATION_UNCLEAR;
    return add(young, of, call, call->object);
}

/* What pools took before they ended is not known by its address any more. */
static enum generation_fate give_back_unknown(struct young_pools *young,
                                              const struct generation_call *call)
{
    struct young_pool *of = young_find(young, call->pool);
    if (!of)
        return GENERATION_OLDER;
    if (of->state == YOUNG_LIVE && fate_written_above(young, call->pool))
        return GENERATION_OLDER;
    if (of->state != YOUNG_ENDED_WITHIN)
        return GENERATION_UNCLEAR;
    struct young_more *more = young_more(young, of);
    more->objects -= more->objects > 0;
    return GENERATION_YOUNG;
}

static enum generation_fate give_back(struct young_pools *young, const struct generation_call *call)
{
    const enum generation_fate known = object_fate_give_back(young, call->object);
    if (known != GENERATION_UNCLEAR)
        return known;
    const enum generation_fate fate = give_back_unknown(young, call);
    struct passing_item *written =
        fate == GENERATION_OLDER ? passing_find(&young->passing, call->object) : NULL;
    if (written)
        passing_give_back(&young->passing, written);
    return fate;
}

/* Of one that is in the trace; what is not written is so before, but where neither half is. */
static enum generation_fate resize_older(struct young_pools *young,
                                         const struct generation_call *call)
{
    struct passing_item *old = passing_find(&young->passing, call->object);
    struct passing_call taken = passing_call(call, call->resized);
    const bool passes = old && !old->written;
    if (passes)
        taken.pool = old->pool;
    if (!young->passing.unit)
        return passes ? GENERATION_UNCLEAR : GENERATION_OLDER;
    if (passes && !(call->resized && call->stack && passing_may(&young->passing, &taken)))
        return GENERATION_UNCLEAR;
    if (old)
        passing_give_back(&young->passing, old);
    if (call->resized && call->stack)
        passing_take(&young->passing, &taken, !passes);
    return passes ? GENERATION_YOUNG : GENERATION_OLDER;
}

static enum generation_fate resize(struct young_pools *young, const struct generation_call *call)
{
    struct young_object *object = young_object_find(young, call->object);
    struct young_pool *of =
        object ? young_object_pool(young, object) : young_find(young, call->pool);
    if (!of || (!object && passing_find(&young->passing, call->object)))
        return resize_older(young, call);
    if (!object || !call->resized || !may_take(young, of, call->size, object->bytes) ||
        (is_seen(young, of) && !call->stack))
        return GENERATION_UNCLEAR;
    young_object_remove(young, object);
    return add(young, of, call, call->resized);
}

enum generation_fate object_fate_of(struct young_pools *young, const struct generation_call *call)
{
    switch (call->role) {
    case API_ALLOC:
        return take(young, call);
    case API_FREE:
        return give_back(young, call);
    default: /* API_REALLOC */
        return resize(young, call);
    }
}

bool object_fate_look(const struct generation *now, struct young_pool *of,
                      const struct generation_call *call)
{
    const struct young_more *more = young_more(now->pools, of);
    const bool fits = call->size <= of->most - of->bytes || fate_may_grow(now, of, call->size);
    return fits && !young_object_is_much(of, more, call->size) &&
           add(now->pools, of, call, call->object) == GENERATION_YOUNG;
}

bool object_fate_is_much(struct young_pools *young, const struct generation_call *call)
{
    const struct young_object *object = young_object_find(young, call->object);
    const struct young_pool *of =
        object ? young_object_pool(young, object) : young_find(young, call->pool);
    return call->system->gives_back && of && of->state == YOUNG_LIVE &&
           young_object_is_much(of, young_more(young, of), call->size);
}

uint64_t fate_written_above(struct young_pools *young, uint64_t pool)
{
    const struct young_pool *known = young_find(young, pool);
    for (unsigned depth = 0; known && known->state == YOUNG_LIVE && depth <= YOUNG_LIVE_MAX;
         depth++) {
        pool = known->parent;
        known = young_find(young, pool);
    }
    return known ? 0 : pool;
}
