/* dues.c - what is due in the trace before calls on young pools; see dues.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/dues.h"

#include "preload/hooks/endings.h"
#include "preload/hooks/meanings.h"
#include "preload/hooks/object_fates.h"
#include "preload/trace/events.h"
#include "preload/trace/names.h"
#include "preload/young/emptied.h"
#include "preload/young/objects.h"
#include "preload/young/refills.h"

void dues_touch(struct stream *stream, struct generation *now, uint64_t address, bool survives)
{
    struct young_pool *pool = young_find(now->pools, address);
    struct young_pool *refilled = address ? young_find_refilled(now->pools, address) : NULL;
    if (refilled)
        survivors_write_refilled(stream, now, refilled);
    if (pool && pool->state == YOUNG_LIVE)
        survivors_write(stream, now, pool, survives);
    else if (pool)
        survivors_write_gone(stream, now, pool);
}

/* Marks those that are below the pool at ADDRESS, and those of them that are to be written: STACK
 * ends them. */
static void doom(struct generation *now, uint64_t address, uint32_t stack)
{
    for (struct young_pool *pool = NULL; (pool = young_next(now->pools, pool));) {
        const struct young_pool *parent = young_find(now->pools, pool->parent);
        pool->doomed = pool->parent == address || (parent && parent->doomed);
        pool->kept = pool->doomed && !fate_ending(now, pool, stack, true);
    }
}

static void write_kept(struct stream *stream, struct generation *now, uint32_t stack)
{
    struct young_pool *next;
    for (struct young_pool *pool = young_next(now->pools, NULL); pool; pool = next) {
        const struct young_way way = fate_way(pool, stack, true);
        next = young_next(now->pools, pool);
        if (!pool->kept)
            continue;
        if (stack)
            places_note_ending(now->places, &way);
        survivors_write_ending(stream, now, pool); /* those above it came before */
    }
}

/* The pools that are below the one at ADDRESS end at STACK. */
static void end_children(struct stream *stream, struct generation *now, uint64_t address,
                         uint32_t stack)
{
    struct young_pool *next;
    doom(now, address, stack);
    write_kept(stream, now, stack);
    for (struct young_pool *pool = young_next(now->pools, NULL); pool; pool = next) {
        struct young_ending *ending = pool->doomed ? fate_ending(now, pool, stack, true) : NULL;
        next = young_next(now->pools, pool);
        if (ending)
            survivors_end(now, pool, ending, stack, true);
        else if (pool->doomed)
            survivors_write(stream, now, pool, false);
    }
}

/* What CALL takes along, or moves, is to be there: it may be in pools below. */
static void write_passing(struct stream *stream, struct generation *now,
                          const struct generation_call *call)
{
    survivors_write_passing(stream, now, fate_is_apart(now, call) ? call->pool : 0);
}

/* False: it was young, and that is all. */
static bool meet_destroy(struct stream *stream, struct generation *now,
                         const struct generation_call *call)
{
    struct young_pool *pool = young_find(now->pools, call->pool);
    if (!pool) {
        write_passing(stream, now, call);
        fate_older_ends(now, call->pool);
    }
    if (!pool || pool->state != YOUNG_LIVE)
        dues_touch(stream, now, call->pool, false);
    if (pool && pool->state != YOUNG_LIVE)
        return true;
    survivors_note_end(call->stack);
    end_children(stream, now, call->pool, call->stack);
    pool = young_find(now->pools, call->pool); /* else what is below it had to be written */
    struct young_ending *ending = pool ? fate_ending(now, pool, call->stack, false) : NULL;
    if (ending) {
        survivors_end(now, pool, ending, call->stack, false);
        ending_note(now->pools, pool, call);
    } else if (pool) {
        const struct young_way way = fate_way(pool, call->stack, false);
        if (call->stack)
            places_note_ending(now->places, &way);
        survivors_write_ending(stream, now, pool);
    }
    only_ended(call->pool);
    emptied_forget(call->pool);
    return !ending;
}

/* CALL, which may give a name, with its id. */
static struct generation_call with_name_id(struct stream *stream,
                                           const struct generation_call *call)
{
    struct generation_call named = *call;
    if (!named.name_id && named.name)
        named.name_id = names_intern(stream, named.name);
    return named;
}

static bool meet_create(struct stream *stream, struct generation *now,
                        const struct generation_call *made)
{
    const struct generation_call named = with_name_id(stream, made), *call = &named;
    if (meaning_is_next(call))
        dues_touch(stream, now, young_only.pool, false);
    if (young_find_refilled(now->pools, call->pool))
        dues_touch(stream, now, call->pool, false);
    struct young_pool *before = young_find(now->pools, call->pool);
    if (before && before->state == YOUNG_LIVE)
        survivors_write(stream, now, before, false);
    struct young_pool *in_the_way =
        fate_may_be_young(now, call) ? young_in_the_way(now->pools, call->pool) : NULL;
    if (in_the_way)
        survivors_write_gone(stream, now, in_the_way);
    if (now->pools->live >= YOUNG_LIVE_MAX) {
        now->crowded = true;
        survivors_write_all(stream, now, false);
    }
    if (fate_of(now, call) == GENERATION_YOUNG)
        return false;
    dues_touch(stream, now, call->parent, false); /* which may have been where the new one is */
    before = young_find(now->pools, call->pool);
    if (before)
        young_remove(now->pools, before);
    return true;
}

static bool meet_name(struct stream *stream, struct generation *now,
                      const struct generation_call *call)
{
    const struct generation_call named = with_name_id(stream, call);
    if (meaning_is_next(&named))
        dues_touch(stream, now, young_only.pool, false);
    if (named.name_id && fate_of(now, &named) == GENERATION_YOUNG)
        return false;
    dues_touch(stream, now, call->pool, false);
    meaning_told(call->system, call->pool, call->name);
    return true;
}

static bool meet_alloc(struct stream *stream, struct generation *now,
                       const struct generation_call *call)
{
    struct young_pool *of = young_find(now->pools, call->pool);
    if (of && of->state == YOUNG_LIVE && fate_look(now, of, call))
        return false;
    dues_touch(stream, now, call->pool, object_fate_is_much(now->pools, call));
    return true;
}

/* What is resized is in the pool that it was in, whichever that is. */
static bool meet_resize(struct stream *stream, struct generation *now,
                        const struct generation_call *call)
{
    const struct young_object *object = young_object_find(now->pools, call->object);
    struct passing_item *passes = passing_find(&now->pools->passing, call->object);
    const bool much = object_fate_is_much(now->pools, call);
    if (object)
        dues_touch(stream, now, young_object_pool(now->pools, object)->address, much);
    else if (passes && !passes->written)
        survivors_write_item(stream, now, passes);
    dues_touch(stream, now, call->pool, much);
    return true;
}

/* Of a place that clears its pools, where others may be given back by themselves, the first one is
 * told of. */
static bool meet_clear_young(struct stream *stream, struct generation *now,
                             const struct generation_call *call, const struct young_pool *pool)
{
    struct young_place *place = places_of(now->places, pool->created);
    if (place && place->clears && fate_of(now, call) == GENERATION_YOUNG)
        return false;
    if (place)
        place->clears = true;
    dues_touch(stream, now, call->pool, false);
    return true;
}

static bool meet_clear(struct stream *stream, struct generation *now,
                       const struct generation_call *call)
{
    if (!call->keeps_children)
        end_children(stream, now, call->pool, call->stack);
    const struct young_pool *pool = young_find(now->pools, call->pool);
    struct young_pool *refilled = young_find_refilled(now->pools, call->pool);
    if (!pool)
        write_passing(stream, now, call);
    if (refilled) {
        if (refill_has_pools(now->pools, refilled) && !call->keeps_children)
            event_clear(stream, call->pool, call->stack, POOL_USAGE_UNKNOWN);
        refill_clear(now->pools, refilled, now->unit, call->stack);
        return false;
    }
    if (pool && pool->state == YOUNG_LIVE && call->system->gives_back)
        return meet_clear_young(stream, now, call, pool);
    dues_touch(stream, now, call->pool, true);
    return true;
}

bool dues_meet(struct stream *stream, struct generation *now, const struct generation_call *call)
{
    const struct young_pool *pool = young_find(now->pools, call->pool);
    if (pool && (call->role == API_ALLOC || call->role == API_CLEAR) &&
        ending_finds(stream, now->pools, pool, call))
        return false;
    switch (call->role) {
    case API_ALLOC:
        return meet_alloc(stream, now, call);
    case API_CREATE:
        return meet_create(stream, now, call);
    case API_REALLOC:
        return meet_resize(stream, now, call);
    case API_DESTROY:
        return meet_destroy(stream, now, call);
    case API_SET_NAME:
        return meet_name(stream, now, call);
    case API_CLEAR:
        return meet_clear(stream, now, call);
    case API_ORPHAN:
        survivors_write_passing(stream, now, 0);
        survivors_write_all(stream, now, true);
        return true;
    default:
        if (call->role != API_FREE)
            write_passing(stream, now, call);
        dues_touch(stream, now, call->pool, call->role == API_SET_PARENT);
        dues_touch(stream, now, call->parent, call->role == API_SET_PARENT);
        return true;
    }
}
