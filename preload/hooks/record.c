/* record.c - calls become events; see record.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/record.h"

#include "preload/guard/slots.h"
#include "preload/guard/stale.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/known.h"
#include "preload/trace/events.h"
#include "preload/young/emptied.h"
#include "preload/young/parents.h"

/* The pool itself, which is an object, has another size and maybe another place. */
static void record_resized_pool(struct stream *stream, const struct call *call, uint32_t stack)
{
    if (call->anew)
        return;
    event_free(stream, call->pool, stack, call->pool);
    if (call->resized != call->pool)
        event_relocate(stream, call->pool, stack, call->resized);
    event_object(stream, call->resized, stack, call->size, call->resized);
}

static void record_resized(struct stream *stream, const struct hook *hook, const struct call *call,
                           uint32_t stack)
{
    if (call->object && hook->stays && call->resized)
        event_release(stream, call->pool, stack, call->object);
    else if (call->object)
        event_free(stream, call->pool, stack, call->object);
    if (call->resized)
        event_object(stream, call->pool, stack, call->size, call->resized);
}

/* Is it known of POOL, of which USAGE is what it holds, that it is cleared at STACK with nothing in
 * it, as survivors? */
static bool is_empty_again(const struct stream *stream, uint64_t pool, uint32_t stack,
                           struct pool_usage usage)
{
    return usage.used == 0 && generation_pools && generation_counts_units(stream) &&
           !parents_have(pool) && emptied_again(pool, stack);
}

static void record_cleared(struct stream *stream, const struct hook *hook, uint64_t pool,
                           uint32_t stack)
{
    /* What clears all may call what keeps the pools below. */
    const bool again = hook->keeps_children && stream->cleared == pool;
    const struct pool_usage usage =
        hook->late || again ? POOL_USAGE_UNKNOWN : usage_tell(stream, hook->system, pool);
    const uint64_t kept = hook->late || again ? 0 : usage_kept(hook->system, pool);
    stream->cleared = hook->keeps_children ? 0 : pool;
    growth_emptied(stream, pool, false);
    if (!kept && is_empty_again(stream, pool, stack, usage))
        return;
    if (hook->keeps_children)
        event_reset(stream, pool, stack, usage);
    else
        event_clear(stream, pool, stack, usage);
    if (kept)
        event_found(stream, pool, TRACE_FOUND_KEPT, kept);
}

/* SIZE bytes were taken from POOL. */
void record_taken(struct stream *stream, const struct hook *hook, uint64_t pool, uint32_t stack,
                  uint64_t size)
{
    const struct generation_call taken = {.role = API_ALLOC,
                                          .stack = stack,
                                          .pool = pool,
                                          .size = call_rounded(hook, size),
                                          .system = hook->system};
    if (!generation_pools || generation_meet(stream, &taken))
        event_alloc(stream, pool, stack, size);
}

/* What POOL took that is about to end, and nobody told of. */
void record_last_growth(struct stream *stream, const struct hook *hook, uint64_t pool,
                        uint32_t stack)
{
    const uint64_t left = stream->watching ? growth_before_end(stream, hook->system, pool) : 0;
    if (left > 0)
        record_taken(stream, hook, pool, stack, left);
}

/* What is known beside the trace, of a call on a pool that is not in it. */
void record_young(struct stream *stream, const struct hook *hook, const struct call *call)
{
    switch (hook->role) {
    case API_ALLOC:
        growth_told(stream, hook, call->pool, call->size);
        return;
    case API_FREE:
    case API_REALLOC:
        return;
    case API_CLEAR:
        growth_emptied(stream, call->pool, false);
        return;
    case API_CREATE:
        known_made(stream, hook->system, call->pool);
        stream->unnamed = 0; /* its name is looked for when it is written, or ends */
        return;
    case API_DESTROY:
        known_ends(stream, hook->system, call->pool);
        usage_ended(call->pool);
        return;
    default: /* API_SET_NAME */
        naming_named(stream, call->pool, call->name);
        return;
    }
}

static void record_created(struct stream *stream, const struct hook *hook, const struct call *call,
                           uint32_t stack)
{
    const uint64_t pool = call->pool;
    known_made(stream, hook->system, pool);
    if (hook->guards) {
        slots_pool_made(pool);
        stale_pool_made(stream, pool);
    }
    if (call->object)
        event_with(stream, pool, call->object);
    event_create(stream, pool, call->parent, stack, hook->system->number);
    roots_created(stream, hook->system, pool);
    if (hook->sized)
        event_object(stream, pool, stack, call->size, pool);
}

/* The call as an event, or as two: a pool may get its name as it is made. */
void record_event(struct stream *stream, const struct hook *hook, const struct call *call,
                  uint32_t stack)
{
    uint64_t pool = call->pool;
    switch (hook->role) {
    case API_ALLOC:
        if (hook->objects)
            event_object(stream, pool, stack, call->size, call->object);
        else
            event_alloc(stream, pool, stack, call->size);
        growth_told(stream, hook, pool, call->size);
        return;
    case API_FREE:
        event_free(stream, record_written(pool), stack, call->object);
        return;
    case API_REALLOC:
        if (hook->objects) {
            record_resized(stream, hook, call, stack);
            return;
        }
        record_resized_pool(stream, call, stack);
        pool = call->resized;
        if (call->name)
            naming_named(stream, pool, call->name);
        break;
    case API_SET_PARENT:
        event_move(stream, pool, call->parent, stack);
        return;
    case API_ORPHAN:
        event_orphan(stream, pool, stack);
        return;
    case API_CREATE:
        record_created(stream, hook, call, stack);
        break;
    case API_DESTROY:
        known_ends(stream, hook->system, pool);
        event_destroy(stream, pool, stack,
                      hook->late ? POOL_USAGE_UNKNOWN : usage_tell(stream, hook->system, pool));
        roots_destroyed(stream, hook->system, pool);
        usage_ended(pool);
        return;
    case API_CLEAR:
        record_cleared(stream, hook, pool, stack);
        return;
    default: /* API_SET_NAME: marks do not come here */
        naming_named(stream, pool, call->name);
        break;
    }
    if (call->name_id)
        event_name_id(stream, pool, stack, call->name_id);
    else if (call->name)
        event_name(stream, pool, stack, (const char *)call->name);
}

/* The same, where a name may be due: the fast path sees to it that none is. */
static void record_named(struct stream *stream, const struct hook *hook, const struct call *call,
                         uint32_t stack)
{
    if (hook->role == API_DESTROY)
        naming_tell(stream, hook->system, call->pool);
    if (hook->role == API_ALLOC || hook->role == API_CREATE)
        naming_tell_last(stream);
    record_event(stream, hook, call, stack);
}

/* The same, or what is kept in its place. */
void record_call(struct stream *stream, const struct hook *hook, const struct call *call,
                 uint32_t stack)
{
    if (hook->role == API_DESTROY)
        record_last_growth(stream, hook, call->pool, stack);
    if (!generation_pools) {
        record_named(stream, hook, call, stack);
        return;
    }
    const struct generation_call young = call_generation(hook, call, stack);
    if (!generation_meet(stream, &young)) {
        if (hook->role == API_CREATE)
            naming_tell_last(stream);
        record_young(stream, hook, call);
        return;
    }
    record_named(stream, hook, call, stack);
    if (hook->role == API_CREATE)
        generation_made(&young);
    if (hook->role == API_CLEAR)
        generation_cleared(&young);
}
