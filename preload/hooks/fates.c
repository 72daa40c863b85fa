/* fates.c - what becomes of a call on young pools; see fates.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/fates.h"

#include "preload/hooks/endings.h"
#include "preload/hooks/meanings.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/object_fates.h"
#include "preload/trace/file.h"
#include "preload/trace/looked.h"
#include "preload/trace/names.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/young/emptied.h"
#include "preload/young/objects.h"
#include "preload/young/parents.h"
#include "preload/young/refills.h"

#include <string.h>

FORKED struct young_pools *generation_pools;
FORKED struct generation generation_now;
uint32_t generation_bytes_most;

/* Whether a pool that is made may be young, in whatever place. */
bool fate_may_be_young(const struct generation *now, const struct generation_call *call)
{
    return now->in_unit && !now->crowded && call->system->may_be_young && call->stack &&
           (call->parent || call->system->flat) && !call->held && (call->name_id || !call->name);
}

static bool is_known_parent(const struct young_pool *parent, uint64_t address)
{
    if (!address) /* it is made in none */
        return true;
    return parent ? parent->state == YOUNG_LIVE : parents_have(address);
}

/* POOL, alive, is given the name with that ID. False: that is to be told. */
static bool take_name(const struct pool_system *system, struct young_pool *pool, uint32_t id,
                      const char *name)
{
    if (!pool->first) {
        const enum name_meaning meaning = meaning_of(system, id, name);
        const bool only = meaning == NAME_MEANS_ONE_AT_A_TIME;
        if (meaning == NAME_MEANS_ONE || (only && !only_may_be_young(meaning_kind(system, name))))
            return false;
        if (only)
            only_is_young(pool->address);
        pool->awaited = only || meaning == NAME_MEANS_END;
        pool->first = (uint16_t)id;
    }
    pool->name = (uint16_t)id;
    return true;
}

/* POOL is the one that CALL makes. */
static void begin(struct generation *now, const struct generation_call *call,
                  struct young_pool *pool, struct young_pool *parent)
{
    fate_begin(now, call, pool, parent);
    only_ended(call->pool); /* it is another one */
    emptied_forget(call->pool);
    parents_forget(call->pool);
    if (call->name_id)
        take_name(call->system, pool, call->name_id, call->name);
}

enum generation_fate fate_create(struct generation *now, const struct generation_call *call)
{
    struct young_pool *before = young_find(now->pools, call->pool);
    struct young_pool *parent = young_find(now->pools, call->parent);
    struct young_place *place = fate_may_be_young(now, call) &&
                                        (!before || before->state != YOUNG_LIVE) &&
                                        is_known_parent(parent, call->parent)
                                    ? places_of(now->places, call->stack)
                                    : NULL;
    if (young_find_refilled(now->pools, call->pool))
        return GENERATION_UNCLEAR;
    if (!place || place_makes_example(place, now->unit) ||
        (call->name && meaning_of(call->system, call->name_id, call->name) >= NAME_MEANS_ONE))
        return before || parent || (call->name && !call->name_id) || meaning_is_next(call)
                   ? GENERATION_UNCLEAR
                   : GENERATION_OLDER;
    if (now->pools->live >= YOUNG_LIVE_MAX)
        return GENERATION_UNCLEAR;
    struct young_pool *pool = before ? before : young_add(now->pools, call->pool);
    if (!pool)
        return GENERATION_UNCLEAR;
    if (before)
        young_add_again(now->pools, before);
    else
        parents_forget(call->pool); /* it is another one */
    begin(now, call, pool, parent);
    place_count(place, now->unit);
    return GENERATION_YOUNG;
}

/* Whether one that is young is straight below the pool at ADDRESS. */
static bool has_children(struct generation *now, uint64_t address)
{
    for (struct young_pool *pool = NULL; (pool = young_next(now->pools, pool));)
        if (pool->parent == address)
            return true;
    return false;
}

bool fate_look(const struct generation *now, struct young_pool *of,
               const struct generation_call *call)
{
    if (now->systems[of->system]->gives_back)
        return object_fate_look(now, of, call);
    const bool fits = call->size <= of->most - of->bytes || fate_may_grow(now, of, call->size);
    if (fits && generation_count(of, call->size))
        return true;
    if (!fits || of->allocations >= YOUNG_ALLOCATIONS_MAX || !call->stack ||
        !young_look(generation_pools, of, call->stack, (uint32_t)call->size))
        return false;
    of->allocations++;
    of->bytes += (uint32_t)call->size;
    of->look_at = (uint32_t)trace_looked_again(of->allocations);
    return true;
}

/* Is POOL to be written, as what it took is not known of another one? */
static bool is_first_alike(struct generation *now, const struct young_pool *pool)
{
    uint64_t key;
    return !survivors_alike(now, pool, &key) && key;
}

/* Is POOL known by the name that its memory has? */
static bool is_named(const struct generation *now, struct young_pool *pool)
{
    const struct pool_system *system = now->systems[pool->system];
    const char *name = naming_untold(system, pool->address);
    const uint32_t id = name ? names_recall(name) : 0;
    return !name || (id && (id == pool->name || take_name(system, pool, id, name)));
}

/* How POOL, alive, ends at STACK, if that need not be written. */
struct young_ending *fate_ending(struct generation *now, struct young_pool *pool, uint32_t stack,
                                 bool with)
{
    const struct young_way way = fate_way(pool, stack, with);
    if (!stack || !is_named(now, pool) || (with && pool->awaited) || is_first_alike(now, pool) ||
        (young_only.several && only_is(pool->address)))
        return NULL;
    struct young_ending *ending = places_ending(now->places, &way);
    return ending && !ending_is_full(ending) ? ending : NULL;
}

void fate_older_ends(struct generation *now, uint64_t pool)
{
    struct passing_item *item = passing_find(&now->pools->passing, pool | 1);
    if (item)
        passing_give_back(&now->pools->passing, item);
}

/* What is below a pool was made after it: if that was not long ago, all that was made since is
 * known. */
bool fate_is_apart(const struct generation *now, const struct generation_call *call)
{
    struct passing *passing = &now->pools->passing;
    const struct passing_item *made = passing_find(passing, call->pool | 1);
    return call->system->flat || call->keeps_children ||
           (made && !passing->unsure && !passing_has_since(passing, made));
}

bool fate_takes_along(const struct generation *now, const struct generation_call *call)
{
    struct passing *passing = &now->pools->passing;
    return passing->count > 0 && (!fate_is_apart(now, call) || passing_has(passing, call->pool));
}

enum generation_fate fate_destroy(struct generation *now, const struct generation_call *call)
{
    struct young_pool *pool = young_find(now->pools, call->pool);
    if (!pool && ((now->pools->live && has_children(now, call->pool)) ||
                  young_find_refilled(now->pools, call->pool) || fate_takes_along(now, call)))
        return GENERATION_UNCLEAR;
    if (!pool || pool->state == YOUNG_ENDED_WITHIN)
        survivors_note_end(call->stack);
    if (!pool) {
        fate_older_ends(now, call->pool);
        refill_forget(now->pools, call->pool);
        only_ended(call->pool);
        emptied_forget(call->pool);
        return GENERATION_OLDER;
    }
    if (pool->state == YOUNG_ENDED_WITHIN) {
        pool->state = YOUNG_ENDED;
        ending_note(now->pools, pool, call);
        return GENERATION_YOUNG;
    }
    if (pool->state != YOUNG_LIVE || (pool->above && has_children(now, call->pool)))
        return GENERATION_UNCLEAR;
    struct young_ending *ending = fate_ending(now, pool, call->stack, false);
    if (!ending)
        return GENERATION_UNCLEAR;
    survivors_note_end(call->stack);
    survivors_end(now, pool, ending, call->stack, false);
    ending_note(now->pools, pool, call);
    return GENERATION_YOUNG;
}

enum generation_fate fate_name(struct generation *now, const struct generation_call *call)
{
    struct young_pool *pool = young_find(now->pools, call->pool);
    if (!pool && meaning_is_next(call))
        return GENERATION_UNCLEAR;
    if (!pool) {
        meaning_told(call->system, call->pool, call->name);
        return GENERATION_OLDER;
    }
    if (pool->state != YOUNG_LIVE || !call->name_id)
        return GENERATION_UNCLEAR;
    return take_name(call->system, pool, call->name_id, call->name) ? GENERATION_YOUNG
                                                                    : GENERATION_UNCLEAR;
}

static enum generation_fate try_other(struct generation *now, const struct generation_call *call)
{
    const bool empties = call->role == API_CLEAR || call->role == API_ORPHAN;
    now->pools->passing.unsure |= call->role == API_SET_PARENT;
    if (young_find(now->pools, call->pool) || young_find(now->pools, call->parent) ||
        young_find_refilled(now->pools, call->pool) ||
        (call->parent && young_find_refilled(now->pools, call->parent)) ||
        (empties && now->pools->live && has_children(now, call->pool)) ||
        fate_takes_along(now, call))
        return GENERATION_UNCLEAR;
    return GENERATION_OLDER;
}

/* What was taken is gone; of what can be given back by itself each has to be known. */
static enum generation_fate try_clear(struct generation *now, const struct generation_call *call)
{
    struct young_pool *pool = young_find(now->pools, call->pool);
    struct young_pool *refilled = young_find_refilled(now->pools, call->pool);
    if (!pool && !refilled)
        return try_other(now, call);
    if (pool && ending_goes_on(now->pools, pool, call)) /* blocks that are kept for the next one */
        return GENERATION_YOUNG;
    if ((!call->keeps_children && now->pools->live && has_children(now, call->pool)) ||
        !call->system->gives_back || !call->stack)
        return GENERATION_UNCLEAR;
    if (refilled && (call->keeps_children || !refill_has_pools(now->pools, refilled))) {
        refill_clear(now->pools, refilled, now->unit, call->stack);
        return GENERATION_YOUNG;
    }
    const struct young_place *place =
        pool && pool->state == YOUNG_LIVE ? places_of(now->places, pool->created) : NULL;
    if (!place || !place->clears)
        return GENERATION_UNCLEAR;
    young_objects_clear(now->pools, pool, call->stack);
    return GENERATION_YOUNG;
}

static enum generation_fate take(struct generation *now, const struct generation_call *call)
{
    struct young_pool *of = young_find(now->pools, call->pool);
    if (!of)
        return GENERATION_OLDER;
    const bool counts = of->state == YOUNG_LIVE
                            ? generation_count(of, call->size)
                            : ending_goes_on(now->pools, of, call); /* it is of no pool */
    return counts ? GENERATION_YOUNG : GENERATION_UNCLEAR;
}

enum generation_fate fate_of(struct generation *now, const struct generation_call *call)
{
    switch (call->role) {
    case API_ALLOC:
        return call->object ? object_fate_of(now->pools, call) : take(now, call);
    case API_FREE:
    case API_REALLOC:
        return object_fate_of(now->pools, call);
    case API_CREATE:
        return fate_create(now, call);
    case API_DESTROY:
        return fate_destroy(now, call);
    case API_SET_NAME:
        return fate_name(now, call);
    case API_CLEAR:
        return try_clear(now, call);
    default:
        return try_other(now, call);
    }
}
