/* fast_pools.c - calls that make, name and end pools, each with a way of its own, as those that
 * allocate have; see fast_pools.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/fast_pools.h"

#include "preload/guard/slots.h"
#include "preload/guard/stale.h"
#include "preload/hooks/call.h"
#include "preload/hooks/fast_stack.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/known.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/unseen.h"
#include "preload/trace/event_fast.h"
#include "preload/trace/names.h"

/* Of what a call makes or ends it is told in so many events at most: no root has changed. */
#define EVENTS_MAX ((2 + API_ROOTS_MAX) * EVENT_MAX + USAGE_EVENTS)

static inline uint64_t value(const struct hook *hook, enum hook_value which,
                             const struct entry_frame *frame)
{
    return operand_sum(&hook->values[which].direct, frame);
}

/* The program has used the cache for other things since: what is kept of POOL is fetched while the
 * backtrace is looked for. Nothing is read: in a child that nobody told of it is not there. */
static inline void fetch_ahead(uint64_t pool)
{
    known_fetch(pool);
    if (generation_pools)
        __builtin_prefetch(&generation_pools->sets[young_set(pool)]);
}

/* A stream for a call on a pool, where nothing else is to be told before; NULL: something is.
 * BEFORE: the pool that must have been there. */
static inline struct stream *enter(const struct hook *hook, uint64_t before,
                                   const struct entry_frame *frame)
{
    if (roots_have_changed(hook->system) || unseen_is_due(hook->system, before))
        return NULL;
    struct stream *stream = stream_enter_fast(frame);
    if (!stream || !stream->watching)
        return stream;
    stream_leave_fast();
    return NULL;
}

/* The fate of CALL, of which fate_create() or the like says what becomes of it. */
static inline __attribute__((always_inline)) enum generation_fate
fate(const struct stream *stream,
     enum generation_fate (*of)(struct generation *now, const struct generation_call *call),
     const struct generation_call *call)
{
    struct young_pool *last = quick_pool();
    const uint64_t address = last ? last->address : 0;
    if (!generation_begin_try(stream))
        return GENERATION_UNCLEAR;
    const enum generation_fate fate = of(&generation_now, call);
    if (fate == GENERATION_YOUNG && call->role == API_CREATE)
        last = young_newest(generation_pools);
    else if (!last || last->address != address || last->state != YOUNG_LIVE)
        last = NULL;
    if (fate == GENERATION_YOUNG && last && !call->system->gives_back)
        quick_note(last);
    generation_end_try();
    return fate;
}

/* What a call makes: WITH is what its blocks are by, or 0. */
struct creation {
    uint64_t pool, parent, with;
};

static inline bool create(struct stream *stream, const struct hook *hook,
                          const struct creation *made, uint32_t stack)
{
    if (!stack || !stream_has_room(stream, EVENTS_MAX))
        return false;
    known_made(stream, hook->system, made->pool);
    if (hook->guards) {
        slots_pool_made(made->pool);
        stale_pool_made(stream, made->pool);
    }
    if (made->with)
        event_with(stream, made->pool, made->with);
    event_fast_create(stream, event_is_recent(stream), made->pool, made->parent, stack,
                      hook->system->number);
    roots_created(stream, hook->system, made->pool);
    return true;
}

static __attribute__((noinline)) bool create_young(struct stream *stream, const struct hook *hook,
                                                   const struct creation *made,
                                                   const struct entry_frame *frame)
{
    const struct generation_call call = {.role = API_CREATE,
                                         .held = roots_hold(hook->system, made->pool),
                                         .stack = fast_stack(stream, frame, 0),
                                         .pool = made->pool,
                                         .parent = made->parent,
                                         .start = &frame->start,
                                         .object = made->with,
                                         .system = hook->system};
    const enum generation_fate becomes =
        call.stack ? fate(stream, fate_create, &call) : GENERATION_UNCLEAR;
    if (becomes == GENERATION_YOUNG) {
        known_made(stream, hook->system, made->pool);
        stream->unnamed = 0; /* its name is looked for when it is written, or ends */
        return true;
    }
    if (becomes == GENERATION_UNCLEAR || !create(stream, hook, made, call.stack))
        return false;
    generation_made(&call);
    return true;
}

bool fast_create(const struct hook *hook, const struct entry_frame *frame)
{
    const struct creation made = {value(hook, HOOK_POOL, frame), value(hook, HOOK_PARENT, frame),
                                  value(hook, HOOK_WITH, frame)};
    if (!call_succeeded(hook, frame) || !made.pool)
        return true;
    fetch_ahead(made.pool);
    struct stream *stream = enter(hook, made.parent, frame);
    if (!stream)
        return false;
    bool done = false;
    if (!naming_is_last_due(stream))
        done = generation_pools ? create_young(stream, hook, &made, frame)
                                : create(stream, hook, &made, fast_stack(stream, frame, 0));
    stream_leave_fast();
    return done;
}

static inline bool set_name(struct stream *stream, uint64_t pool, uint64_t name, uint32_t id,
                            const struct entry_frame *frame)
{
    const bool recent = event_is_recent(stream);
    const uint32_t stack = fast_stack(stream, frame, EVENT_MAX);
    if (!stack)
        return false;
    naming_named(stream, pool, name);
    event_fast_name(stream, recent, pool, stack, id);
    return true;
}

/* Who named what is young does not matter. */
static bool set_name_young(struct stream *stream, const struct hook *hook, uint64_t pool,
                           uint64_t name, uint32_t id, const struct entry_frame *frame)
{
    const struct generation_call call = {.role = API_SET_NAME,
                                         .name_id = id,
                                         .pool = pool,
                                         .start = &frame->start,
                                         .name = (const char *)name,
                                         .system = hook->system};
    const enum generation_fate becomes = fate(stream, fate_name, &call);
    if (becomes != GENERATION_YOUNG)
        return becomes == GENERATION_OLDER && set_name(stream, pool, name, id, frame);
    naming_named(stream, pool, name);
    return true;
}

bool fast_set_name(const struct hook *hook, const struct entry_frame *frame)
{
    const uint64_t pool = value(hook, HOOK_POOL, frame), name = value(hook, HOOK_NAME, frame);
    if (!call_succeeded(hook, frame) || !pool || !name)
        return true;
    struct stream *stream = enter(hook, pool, frame);
    if (!stream)
        return false;
    bool done = false;
    const uint32_t id = names_recall((const char *)name);
    if (id)
        done = generation_pools ? set_name_young(stream, hook, pool, name, id, frame)
                                : set_name(stream, pool, name, id, frame);
    stream_leave_fast();
    return done;
}

static inline bool destroy(struct stream *stream, const struct hook *hook, uint64_t pool,
                           uint32_t stack)
{
    struct pool_system *system = hook->system;
    if (!stack || !stream_has_room(stream, EVENTS_MAX) || naming_is_due(system, pool))
        return false;
    const struct pool_usage usage =
        hook->late ? POOL_USAGE_UNKNOWN : usage_tell(stream, system, pool);
    known_ends(stream, system, pool);
    event_fast_emptied(stream, event_is_recent(stream), TRACE_EVENT_DESTROY, pool, stack, usage);
    roots_destroyed(stream, system, pool);
    usage_ended(pool);
    return true;
}

static __attribute__((noinline)) bool destroy_young(struct stream *stream, const struct hook *hook,
                                                    uint64_t pool, const struct entry_frame *frame)
{
    const struct generation_call call = {.role = API_DESTROY,
                                         .stack = fast_stack(stream, frame, 0),
                                         .pool = pool,
                                         .start = &frame->start,
                                         .system = hook->system};
    const enum generation_fate becomes =
        call.stack ? fate(stream, fate_destroy, &call) : GENERATION_UNCLEAR;
    if (becomes != GENERATION_YOUNG)
        return becomes == GENERATION_OLDER && destroy(stream, hook, pool, call.stack);
    known_ends(stream, hook->system, pool);
    usage_ended(pool);
    return true;
}

bool fast_destroy(const struct hook *hook, const struct entry_frame *frame)
{
    const uint64_t pool = value(hook, HOOK_POOL, frame);
    if (!call_succeeded(hook, frame) || !pool)
        return true;
    fetch_ahead(pool);
    struct stream *stream = enter(hook, pool, frame);
    if (!stream)
        return false;
    const bool done = generation_pools ? destroy_young(stream, hook, pool, frame)
                                       : destroy(stream, hook, pool, fast_stack(stream, frame, 0));
    stream_leave_fast();
    return done;
}
