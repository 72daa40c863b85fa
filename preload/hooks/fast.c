/*
 * fast.c - the fast path: calls that need nothing new, neither a backtrace, nor a tag, nor a block.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/hooks/fast.h"

#include "preload/guard/slots.h"
#include "preload/guard/stale.h"
#include "preload/hooks/fast_objects.h"
#include "preload/hooks/fast_pools.h"
#include "preload/hooks/fast_stack.h"
#include "preload/hooks/fast_young.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/growth.h"
#include "preload/hooks/known.h"
#include "preload/hooks/marks.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/object_fates.h"
#include "preload/hooks/record.h"
#include "preload/hooks/serve.h"
#include "preload/hooks/unseen.h"
#include "preload/hooks/usage.h"
#include "preload/trace/event_fast.h"
#include "preload/trace/events.h"
#include "preload/trace/names.h"
#include "preload/unwind/stack_cache.h"

#include <stddef.h>

/* Bytes: of a call's events, when each root has changed. */
#define CALL_MAX ((6 + API_ROOTS_MAX) * EVENT_MAX + USAGE_EVENTS)

/* What is young may have to be written: that takes more than there is room for. */
static bool record_fast_young(struct stream *stream, const struct hook *hook,
                              const struct call *call, const struct entry_frame *frame)
{
    const uint32_t stack = fast_stack(stream, frame, 0);
    if (!stack)
        return false;
    const struct generation_call young = call_generation(hook, call, stack);
    const enum generation_fate fate =
        stream->watching ? GENERATION_UNCLEAR : generation_try(stream, &young);
    if (fate == GENERATION_UNCLEAR)
        return false;
    if (fate == GENERATION_YOUNG) {
        record_young(stream, hook, call);
        return true;
    }
    if (!stream_has_room(stream, CALL_MAX) ||
        (hook->role == API_DESTROY && naming_is_due(hook->system, call->pool)))
        return false;
    record_event(stream, hook, call, stack);
    if (hook->role == API_CREATE)
        generation_made(&young);
    if (hook->role == API_CLEAR)
        generation_cleared(&young);
    return true;
}

/* CALL takes an object from a young pool, or gives one back, or names one, and that is all: no
 * backtrace is needed. */
static bool record_young_alone(struct stream *stream, const struct hook *hook,
                               const struct call *call)
{
    const struct generation_call young = call_generation(hook, call, TRACE_NO_STACK);
    if (stream->watching || generation_try(stream, &young) != GENERATION_YOUNG)
        return false;
    record_young(stream, hook, call);
    return true;
}

/* What needs nothing new: no backtrace, tag or block. False: it does, and nothing was written. */
static inline bool record_fast(struct stream *stream, const struct hook *hook, struct call *call,
                               const struct entry_frame *frame)
{
    const bool young = __builtin_expect(generation_pools != NULL, false);
    if ((hook->role == API_CREATE && naming_is_last_due(stream)) ||
        (hook->role == API_ALLOC && stream->unnamed && naming_look(stream)) ||
        (hook->role == API_DESTROY && !young && naming_is_due(hook->system, call->pool)))
        return false;
    if (call->name) {
        call->name_id = names_recall((const char *)call->name);
        if (call->name_id == 0)
            return false;
    }
    const bool alone = (call->object && hook->role != API_CREATE) || hook->role == API_SET_NAME;
    if (young)
        return (alone && record_young_alone(stream, hook, call)) ||
               record_fast_young(stream, hook, call, frame);
    const uint32_t stack = fast_stack(stream, frame, CALL_MAX);
    if (!stack)
        return false;
    if (hook->role == API_DESTROY)
        record_last_growth(stream, hook, call->pool, stack);
    record_event(stream, hook, call, stack);
    return true;
}

static inline enum generation_fate take_young(struct stream *stream, const struct hook *hook,
                                              const struct entry_frame *frame, uint64_t pool)
{
    const uint64_t size = operand_word(&hook->direct.size, frame);
    const enum generation_fate fate = generation_take(pool, call_rounded(hook, size));
    if (fate == GENERATION_YOUNG)
        growth_told(stream, hook, pool, size);
    return fate;
}

/* The same of what is looked at: by whom it is taken is to be known. */
static __attribute__((noinline)) enum generation_fate look_young(struct stream *stream,
                                                                 const struct hook *hook,
                                                                 const struct entry_frame *frame,
                                                                 uint64_t pool)
{
    const uint64_t size = operand_word(&hook->direct.size, frame);
    const struct generation_call call = {.role = API_ALLOC,
                                         .stack = fast_stack(stream, frame, 0),
                                         .pool = pool,
                                         .size = call_rounded(hook, size),
                                         .system = hook->system};
    return call.stack && !stream->watching ? generation_look(stream, &call) : GENERATION_UNCLEAR;
}

static inline bool may_be_served(struct stream *stream, const struct hook *hook,
                                 const struct cached_stack *cached, uint64_t size, bool serves)
{
    return serves && size && serve_may(stream, hook, cached->id);
}

/* As try_alloc(), where a pool has no name yet, or is watched. */
static __attribute__((noinline)) bool record_watched(struct stream *stream, const struct hook *hook,
                                                     const struct entry_frame *frame, bool serves)
{
    const uint64_t pool = operand_word(&hook->direct.pool, frame);
    const uint64_t size = operand_word(&hook->direct.size, frame);
    const bool unnamed = stream->unnamed && naming_look(stream);
    const struct cached_stack *cached = unnamed ? NULL : fast_find(stream, frame, EVENT_MAX);
    const bool told = cached && !may_be_served(stream, hook, cached, size, serves);
    if (told) {
        growth_told(stream, hook, pool, size);
        event_alloc(stream, pool, cached->id, size);
    }
    return told;
}

static inline __attribute__((always_inline)) bool record_alloc(struct stream *stream,
                                                               const struct hook *hook,
                                                               const struct entry_frame *frame,
                                                               uint64_t pool, bool serves)
{
    if (__builtin_expect((stream->unnamed | stream->watching) != 0, false))
        return record_watched(stream, hook, frame, serves);
    const bool recent = event_is_recent(stream);
    const struct cached_stack *cached = fast_find(stream, frame, EVENT_MAX);
    const uint64_t size = operand_word(&hook->direct.size, frame);
    if (!cached || may_be_served(stream, hook, cached, size, serves))
        return false;
    event_fast_alloc(stream, recent, pool, cached->id, size);
    return true;
}

/* The most frequent calls have ways of their own, each a function so that none saves the registers
 * of another. YOUNG: of pools that may be; SERVES: not those that are to be served, perhaps. */
static inline __attribute__((always_inline)) bool
try_alloc(const struct hook *hook, const struct entry_frame *frame, bool young, bool serves)
{
    const uint64_t pool = operand_word(&hook->direct.pool, frame);
    if (!pool)
        return true;
    struct stream *stream = stream_enter_fast(frame);
    if (!stream)
        return false;
    enum generation_fate fate =
        young && generation_pools ? take_young(stream, hook, frame, pool) : GENERATION_OLDER;
    if (young && fate == GENERATION_UNCLEAR)
        fate = look_young(stream, hook, frame, pool);
    const bool told = fate == GENERATION_OLDER ? record_alloc(stream, hook, frame, pool, serves)
                                               : fate == GENERATION_YOUNG;
    stream_leave_fast();
    return told;
}

static bool try_allocation(const struct hook *hook, const struct entry_frame *frame)
{
    return try_alloc(hook, frame, false, false);
}

static bool try_young(const struct hook *hook, const struct entry_frame *frame)
{
    return try_alloc(hook, frame, true, false);
}

static bool try_unserved(const struct hook *hook, const struct entry_frame *frame)
{
    return try_alloc(hook, frame, false, true);
}

/* The backtrace as fast_find() finds it or, of a call of HOOK that could have been served, as it
 * was found then; TRACE_NO_STACK: it needs something new. */
static inline __attribute__((always_inline)) uint32_t
find_again(struct stream *stream, const struct hook *hook, const struct entry_frame *frame)
{
    const uint32_t found = hook && hook->serves ? serve_found(stream, frame) : TRACE_NO_STACK;
    if (found && stream_has_room(stream, EVENT_MAX))
        return found;
    return fast_stack(stream, frame, EVENT_MAX);
}

/* What a call takes or gives back, and of which pool: that may be told by the object. */
struct taken {
    uint64_t pool, object, size;
};

/* False: it does nothing. */
static inline __attribute__((always_inline)) bool read_taken(const struct hook *hook,
                                                             const struct entry_frame *frame,
                                                             bool takes, struct taken *taken)
{
    taken->size = 0;
    return call_succeeded(hook, frame) &&
           operand_read_direct(&hook->direct.object, frame, &taken->object) && taken->object &&
           operand_read_direct(&hook->direct.pool, frame, &taken->pool) && taken->pool &&
           (!takes || operand_read_direct(&hook->direct.size, frame, &taken->size));
}

static inline __attribute__((always_inline)) bool
write_object(struct stream *stream, const struct hook *hook, const struct entry_frame *frame,
             const struct taken *taken, bool takes, uint32_t found)
{
    const bool recent = event_is_recent(stream);
    const uint32_t stack = found ? found : find_again(stream, takes ? hook : NULL, frame);
    if (stack && takes)
        event_fast_object(stream, recent, taken->pool, stack, taken->size, taken->object);
    else if (stack)
        event_fast_free(stream, recent, taken->pool, stack, taken->object);
    return stack != TRACE_NO_STACK;
}

/* What becomes of an object where pools are young: by whom it was taken matters of a few. */
static enum generation_fate object_fate(struct stream *stream, const struct hook *hook,
                                        const struct entry_frame *frame,
                                        struct generation_call *call)
{
    if (stream->watching)
        return GENERATION_UNCLEAR;
    if (call->role == API_ALLOC)
        call->stack = find_again(stream, hook, frame);
    const enum generation_fate fate = generation_try(stream, call);
    if (fate == GENERATION_OLDER && call->role == API_FREE)
        call->pool = record_written(call->pool);
    return fate;
}

/* The same of those of which more must be known than that, or that are to be written. */
static __attribute__((noinline)) bool settle_object(struct stream *stream, const struct hook *hook,
                                                    const struct entry_frame *frame, bool takes,
                                                    enum generation_fate fate)
{
    struct taken taken;
    uint32_t stack = TRACE_NO_STACK;
    if (!read_taken(hook, frame, takes, &taken))
        return true;
    if (fate == GENERATION_UNCLEAR) {
        struct generation_call call = {.role = takes ? API_ALLOC : API_FREE,
                                       .pool = taken.pool,
                                       .size = call_rounded(hook, taken.size),
                                       .asked = taken.size,
                                       .object = taken.object,
                                       .system = hook->system};
        fate = object_fate(stream, hook, frame, &call);
        taken.pool = call.pool;
        stack = call.stack;
    }
    return fate == GENERATION_OLDER ? write_object(stream, hook, frame, &taken, takes, stack)
                                    : fate == GENERATION_YOUNG;
}

/* Of most no more is to be known. */
static inline enum generation_fate usual_fate(const struct stream *stream, const struct hook *hook,
                                              const struct taken *taken, bool takes)
{
    struct young_pools *young = generation_pools;
    if (stream->watching || !generation_begin_try(stream))
        return GENERATION_UNCLEAR;
    const enum generation_fate fate =
        takes ? object_fate_take(young, taken->pool, taken->object, call_rounded(hook, taken->size))
              : object_fate_give_back(young, taken->object);
    generation_end_try();
    return fate;
}

/* An object, taken or given back. YOUNG: pools may be. */
static inline __attribute__((always_inline)) bool
try_object(const struct hook *hook, const struct entry_frame *frame, bool takes, bool young)
{
    struct taken taken;
    if (!read_taken(hook, frame, takes, &taken))
        return true;
    struct stream *stream = stream_enter_fast(frame);
    if (!stream)
        return false;
    bool done = true;
    if (!young)
        done = write_object(stream, hook, frame, &taken, takes, TRACE_NO_STACK);
    else {
        const enum generation_fate fate = usual_fate(stream, hook, &taken, takes);
        if (fate != GENERATION_YOUNG)
            done = settle_object(stream, hook, frame, takes, fate);
    }
    stream_leave_fast();
    return done;
}

static __attribute__((noinline)) bool take_object(const struct hook *hook,
                                                  const struct entry_frame *frame)
{
    return try_object(hook, frame, true, true);
}

static __attribute__((noinline)) bool give_back_object(const struct hook *hook,
                                                       const struct entry_frame *frame)
{
    return try_object(hook, frame, false, true);
}

static __attribute__((noinline)) bool take_older(const struct hook *hook,
                                                 const struct entry_frame *frame)
{
    return try_object(hook, frame, true, false);
}

static __attribute__((noinline)) bool give_back_older(const struct hook *hook,
                                                      const struct entry_frame *frame)
{
    return try_object(hook, frame, false, false);
}

static bool try_take(const struct hook *hook, const struct entry_frame *frame)
{
    if (!generation_pools)
        return take_older(hook, frame);
    return fast_object_take(hook, frame) || take_object(hook, frame);
}

static bool try_give_back(const struct hook *hook, const struct entry_frame *frame)
{
    return generation_pools ? give_back_object(hook, frame) : give_back_older(hook, frame);
}

bool fast_other(const struct hook *hook, const struct entry_frame *frame)
{
    struct call call;
    if (!call_read(hook, frame, &call))
        return true;
    if (hook->role == API_CREATE || hook->role == API_DESTROY)
        known_fetch(call.pool);
    if (roots_have_changed(hook->system) ||
        unseen_is_due(hook->system, call_pool_before(hook, &call)))
        return false;
    struct stream *stream = stream_enter_fast(frame);
    if (!stream)
        return false;
    bool done = record_fast(stream, hook, &call, frame);
    stream_leave_fast();
    return done;
}

/* Of a pool that ends, and of which nothing was served. */
static bool try_end_unserved(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t pool;
    return call_value(hook, HOOK_POOL, frame, &pool) && !slots_may_have(pool) &&
           !stale_may_end(pool) && hook->quick(hook, frame);
}

static bool try_nothing(const struct hook *hook, const struct entry_frame *frame)
{
    (void)hook, (void)frame;
    return false;
}

hook_try *fast_try(enum hook_way way)
{
    static hook_try *const young[] = {[HOOK_CREATES] = fast_young_create,
                                      [HOOK_NAMES] = fast_young_name,
                                      [HOOK_ENDS] = fast_young_destroy};
    static hook_try *const ways[] = {
        [HOOK_SLOW] = try_nothing,         [HOOK_FAST] = fast_other,
        [HOOK_CREATES] = fast_create,      [HOOK_NAMES] = fast_set_name,
        [HOOK_ENDS] = fast_destroy,        [HOOK_MARKS] = marks_are_none,
        [HOOK_ALLOCATES] = try_allocation, [HOOK_YOUNG] = try_young,
        [HOOK_SERVES] = try_unserved,      [HOOK_TAKES] = try_take,
        [HOOK_GIVES_BACK] = try_give_back, [HOOK_ENDS_SERVED] = try_end_unserved,
    };
    const bool may_be_young = way >= HOOK_CREATES && way <= HOOK_ENDS && generation_is_asked();
    return may_be_young ? young[way] : ways[way];
}

static bool is_argument(const struct operand_direct *direct, unsigned number)
{
    return direct->word && !direct->loads && direct->plus == 0 &&
           direct->offset == offsetof(struct entry_frame, arguments) + number * sizeof(uint64_t);
}

bool fast_is_young(const struct hook *hook)
{
    return hook->way == HOOK_YOUNG && is_argument(&hook->direct.pool, 0) &&
           is_argument(&hook->direct.size, 1);
}
