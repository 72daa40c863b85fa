/*
 * hooks.c - what a call of a hooked function becomes in the trace: the fast path and the slow one.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/hooks/hook.h"

#include "preload/guard/slots.h"
#include "preload/guard/stale.h"
#include "preload/hooks/call.h"
#include "preload/hooks/call_stack.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/growth.h"
#include "preload/hooks/marks.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/poison.h"
#include "preload/hooks/process.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/serve.h"
#include "preload/hooks/unseen.h"
#include "preload/hooks/usage.h"
#include "preload/hooks/watched_calls.h"
#include "preload/trace/event_fast.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/trace/names.h"
#include "preload/unwind/stack_cache.h"
#include "preload/util/options.h"

#include <stddef.h>

/* Bytes: of a call's events, when each root has changed. */
#define CALL_MAX ((6 + API_ROOTS_MAX) * EVENT_MAX + USAGE_EVENTS)

/* A stream for what this thread has to tell; NULL: it is lost, with a count. */
static struct stream *enter(void)
{
    return process_check_fork() ? stream_enter() : NULL;
}

/* The pool itself, which is an object, has another size and maybe another place. */
static void record_resized_pool(struct stream *stream, const struct call *call, uint32_t stack)
{
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
    if (hook->keeps_children)
        event_reset(stream, pool, stack, usage);
    else
        event_clear(stream, pool, stack, usage);
    if (kept)
        event_found(stream, pool, TRACE_FOUND_KEPT, kept);
}

/* SIZE as what it takes of a pool; as it is where that is more than a young one has. */
static inline uint64_t rounded(const struct hook *hook, uint64_t size)
{
    const uint64_t align = hook->system->api.align; /* of those with young pools, a power of two */
    return size <= YOUNG_BYTES_MAX ? (size + align - 1) & -align : size;
}

static inline struct generation_call generation_call(const struct hook *hook,
                                                     const struct call *call, uint32_t stack)
{
    const bool made = hook->role == API_CREATE;
    return (struct generation_call){.role = hook->role,
                                    .keeps_children = hook->keeps_children,
                                    .held = made && roots_hold(hook->system, call->pool),
                                    .stack = stack,
                                    .name_id = call->name_id,
                                    .pool = call->pool,
                                    .parent =
                                        made || hook->role == API_SET_PARENT ? call->parent : 0,
                                    .size = rounded(hook, call->size),
                                    .name = (const char *)call->name,
                                    .system = hook->system};
}

/* SIZE bytes were taken from POOL. */
static void record_taken(struct stream *stream, const struct hook *hook, uint64_t pool,
                         uint32_t stack, uint64_t size)
{
    const struct generation_call taken = {.role = API_ALLOC,
                                          .stack = stack,
                                          .pool = pool,
                                          .size = rounded(hook, size),
                                          .system = hook->system};
    if (!generation_pools || generation_meet(stream, &taken))
        event_alloc(stream, pool, stack, size);
}

/* What is to be known of a pool that is made, before that is told. */
static inline void made(struct stream *stream, const struct hook *hook, const struct call *call)
{
    naming_tell_last(stream);
    naming_made(stream, hook->system, call->pool);
    if (hook->system->layout_count > 0 && !hook->system->ends_unseen)
        usage_made(call->pool);
    growth_made(stream, hook->system, call->pool);
}

/* What POOL took that is about to end, and nobody told of. */
static inline void record_last_growth(struct stream *stream, const struct hook *hook, uint64_t pool,
                                      uint32_t stack)
{
    const uint64_t left = stream->watching ? growth_before_end(stream, hook->system, pool) : 0;
    if (left > 0)
        record_taken(stream, hook, pool, stack, left);
}

/* What is known beside the trace, of a call on a pool that is not in it. */
static inline void note_young(struct stream *stream, const struct hook *hook,
                              const struct call *call)
{
    switch (hook->role) {
    case API_ALLOC:
        growth_told(stream, hook, call->pool, call->size);
        return;
    case API_CREATE:
        made(stream, hook, call);
        stream->unnamed = 0; /* its name is looked for when it is written, or ends */
        return;
    case API_DESTROY:
        naming_ended(stream, call->pool);
        growth_emptied(stream, call->pool, true);
        usage_ended(call->pool);
        return;
    default: /* API_SET_NAME */
        naming_named(stream, call->pool, call->name);
        return;
    }
}

/* The call as an event, or as two: a pool may get its name as it is made. */
static inline void record_event(struct stream *stream, const struct hook *hook,
                                const struct call *call, uint32_t stack)
{
    const uint64_t pool = call->pool;
    switch (hook->role) {
    case API_ALLOC:
        naming_tell_last(stream);
        if (hook->objects)
            event_object(stream, pool, stack, call->size, call->object);
        else
            event_alloc(stream, pool, stack, call->size);
        growth_told(stream, hook, pool, call->size);
        return;
    case API_FREE:
        event_free(stream, pool, stack, call->object);
        return;
    case API_REALLOC:
        if (hook->objects)
            record_resized(stream, hook, call, stack);
        else
            record_resized_pool(stream, call, stack);
        return;
    case API_SET_PARENT:
        event_move(stream, pool, call->parent, stack);
        return;
    case API_ORPHAN:
        event_orphan(stream, pool, stack);
        return;
    case API_CREATE:
        made(stream, hook, call);
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
        break;
    case API_DESTROY:
        naming_ended(stream, pool);
        growth_emptied(stream, pool, true);
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

/* The same, of a pool whose name may be due: the fast path sees to it that it is not. */
static void record_named(struct stream *stream, const struct hook *hook, const struct call *call,
                         uint32_t stack)
{
    if (hook->role == API_DESTROY)
        naming_tell(stream, hook->system, call->pool);
    record_event(stream, hook, call, stack);
}

/* The same, or what is kept in its place. */
static void record_call(struct stream *stream, const struct hook *hook, const struct call *call,
                        uint32_t stack)
{
    if (hook->role == API_DESTROY)
        record_last_growth(stream, hook, call->pool, stack);
    if (!generation_pools) {
        record_named(stream, hook, call, stack);
        return;
    }
    const struct generation_call young = generation_call(hook, call, stack);
    if (!generation_meet(stream, &young)) {
        note_young(stream, hook, call);
        return;
    }
    record_named(stream, hook, call, stack);
    if (hook->role == API_CREATE)
        generation_made(&young);
}

static void record(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    struct call call;
    struct stream *stream = enter();
    if (!stream)
        return;
    if (trace_file_is_stopped()) { /* no backtrace is taken for what cannot be written */
        trace_file_lose(TRACE_LOST_STOPPED, 1);
        process_rest();
    } else if (hook->role == API_MARK) {
        marks_record(stream, hook, frame);
    } else if (call_read(hook, frame, &call)) {
        /* The call may be on a pool that one holds. */
        unseen_adopt(stream, hook->system, call_pool_before(hook, &call), 0);
        roots_note(stream, hook->system, hook->role == API_CREATE ? call.pool : 0,
                   hook->role == API_DESTROY);
        record_call(stream, hook, &call, call_stack(stream, frame));
    }
    stream_leave();
}

/* The backtrace of what needs nothing new: it is cached, and there are ROOM bytes for events.
 * NULL: it is not. */
static inline const struct cached_stack *find_fast(struct stream *stream,
                                                   const struct entry_frame *frame, size_t room)
{
    const struct cached_stack *cached = stack_cache_find(stream->cache, &frame->start);
    if (__builtin_expect(!cached, false))
        stream->missed = true;
    return cached && stream_has_room(stream, room) ? cached : NULL;
}

/* What is young may have to be written: that takes more than there is room for. */
static bool record_fast_young(struct stream *stream, const struct hook *hook,
                              const struct call *call, uint32_t stack)
{
    const struct generation_call young = generation_call(hook, call, stack);
    const enum generation_fate fate =
        stream->watching ? GENERATION_UNCLEAR : generation_try(stream, &young);
    if (fate == GENERATION_UNCLEAR)
        return false;
    if (fate == GENERATION_YOUNG) {
        note_young(stream, hook, call);
        return true;
    }
    if (!stream_has_room(stream, CALL_MAX) ||
        (hook->role == API_DESTROY && naming_is_due(hook->system, call->pool)))
        return false;
    record_event(stream, hook, call, stack);
    if (hook->role == API_CREATE)
        generation_made(&young);
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
    const struct cached_stack *cached = find_fast(stream, frame, young ? 0 : CALL_MAX);
    if (!cached)
        return false;
    if (young)
        return record_fast_young(stream, hook, call, cached->id);
    if (hook->role == API_DESTROY)
        record_last_growth(stream, hook, call->pool, cached->id);
    record_event(stream, hook, call, cached->id);
    return true;
}

static inline enum generation_fate take_young(struct stream *stream, const struct hook *hook,
                                              const struct entry_frame *frame, uint64_t pool)
{
    const uint64_t size = operand_word(&hook->direct.size, frame);
    const enum generation_fate fate = generation_take(pool, rounded(hook, size));
    if (fate == GENERATION_YOUNG)
        growth_told(stream, hook, pool, size);
    return fate;
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
    const struct cached_stack *cached = unnamed ? NULL : find_fast(stream, frame, EVENT_MAX);
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
    const struct cached_stack *cached = find_fast(stream, frame, EVENT_MAX);
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
    const enum generation_fate fate =
        young && generation_pools ? take_young(stream, hook, frame, pool) : GENERATION_OLDER;
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

/* The backtrace as find_fast() finds it or, of a call of HOOK that could have been served, as it
 * was found then; TRACE_NO_STACK: it needs something new. */
static inline __attribute__((always_inline)) uint32_t
find_again(struct stream *stream, const struct hook *hook, const struct entry_frame *frame)
{
    const uint32_t found = hook && hook->serves ? serve_found(stream, frame) : TRACE_NO_STACK;
    if (found && stream_has_room(stream, EVENT_MAX))
        return found;
    const struct cached_stack *cached = find_fast(stream, frame, EVENT_MAX);
    return cached ? cached->id : TRACE_NO_STACK;
}

/* An object, whose pool may be told by the object: taken or given back. */
static inline __attribute__((always_inline)) bool
try_object(const struct hook *hook, const struct entry_frame *frame, bool taken)
{
    uint64_t pool, object, size = 0;
    if (!call_succeeded(hook, frame) ||
        !operand_read_direct(&hook->direct.object, frame, &object) || !object ||
        !operand_read_direct(&hook->direct.pool, frame, &pool) || !pool ||
        (taken && !operand_read_direct(&hook->direct.size, frame, &size)))
        return true;
    struct stream *stream = stream_enter_fast(frame);
    if (!stream)
        return false;
    const bool recent = event_is_recent(stream);
    const uint32_t stack = find_again(stream, taken ? hook : NULL, frame);
    if (stack && taken)
        event_fast_object(stream, recent, pool, stack, size, object);
    else if (stack)
        event_fast_free(stream, recent, pool, stack, object);
    stream_leave_fast();
    return stack != TRACE_NO_STACK;
}

static bool try_take(const struct hook *hook, const struct entry_frame *frame)
{
    return try_object(hook, frame, true);
}

static bool try_give_back(const struct hook *hook, const struct entry_frame *frame)
{
    return try_object(hook, frame, false);
}

static bool try_other(const struct hook *hook, const struct entry_frame *frame)
{
    struct call call;
    if (!call_read(hook, frame, &call))
        return true;
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

static bool try_nothing(const struct hook *hook, const struct entry_frame *frame)
{
    (void)hook, (void)frame;
    return false;
}

static bool (*const ways[])(const struct hook *, const struct entry_frame *) = {
    [HOOK_SLOW] = try_nothing,         [HOOK_FAST] = try_other,
    [HOOK_ALLOCATES] = try_allocation, [HOOK_YOUNG] = try_young,
    [HOOK_SERVES] = try_unserved,      [HOOK_TAKES] = try_take,
    [HOOK_GIVES_BACK] = try_give_back,
};

bool hooks_try(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    return __builtin_expect(process_is_known(), true) ? ways[hook->way](hook, frame)
                                                      : process_is_idle();
}

bool hooks_ask(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    return hook->way == HOOK_SERVES ? !hooks_try(context, frame)
                                    : process_is_known() && serve_asks(hook, frame);
}

uint64_t hooks_serve(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    const uint64_t at = process_check_fork() ? serve_call(hook, frame) : 0;
    if (!at && hook->way == HOOK_SERVES)
        record(context, frame);
    return at;
}

/* The call that makes a pool below one that is gone may crash: what it uses is told before. */
static void record_parent(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t parent;
    if (!operand_read(&hook->values[HOOK_PARENT], frame, &parent))
        return;
    struct stream *stream = parent ? enter() : NULL;
    if (!stream)
        return;
    if (poison_holds(&hook->system->api.layout, parent))
        event_alloc(stream, parent, call_stack(stream, frame), 0);
    stream_leave();
}

static void poison(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t pool;
    struct stream *stream = call_value(hook, HOOK_POOL, frame, &pool) ? enter() : NULL;
    if (!stream)
        return;
    poison_pool(&hook->system->api.layout, pool, poison_tell, stream);
    stream_leave();
}

/* What was served of a pool that ends, or is cleared, must not be touched when that is done. */
static void begin_end_served(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t pool;
    if (!process_check_fork() || !call_value(hook, HOOK_POOL, frame, &pool) || !pool)
        return;
    slots_pool_ends(pool);
    stale_pool_ends(pool);
}

static void end_served(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t pool;
    if (!process_check_fork() || !call_value(hook, HOOK_POOL, frame, &pool) || !pool)
        return;
    slots_pool_ended(pool);
    struct stream *stream = stale_is_on() ? stream_enter() : NULL;
    if (!stream)
        return;
    stale_pool_ended(stream, pool);
    stream_leave();
}

/* What is below a pool ends before it does. */
static void count_pools(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t pool;
    if (!call_value(hook, HOOK_POOL, frame, &pool) || !pool)
        return;
    struct stream *stream = enter();
    if (!stream)
        return;
    usage_tell_pools(stream, hook->system, pool);
    stream_leave();
}

/* The bytes that the call took by itself: first so many as its values tell, then the rest. */
static void record_growth(const struct hook *hook, const struct entry_frame *frame)
{
    const uint64_t align = hook->system->api.align;
    uint64_t size = 0, pool, left;
    struct stream *stream = enter();
    if (!stream)
        return;
    naming_tell_last(stream);
    call_value(hook, HOOK_SIZE, frame, &size);
    while (growth_end(stream, hook, frame, &pool, &left)) {
        const uint32_t stack = hook->stranger ? call_stack_within(stream, frame, hook->address)
                                              : call_stack(stream, frame);
        unseen_adopt(stream, hook->system, pool, left);
        if (size > 0 && size <= left && (size + align - 1) / align * align <= left) {
            record_taken(stream, hook, pool, stack, size);
            left -= (size + align - 1) / align * align;
        }
        if (left > 0)
            record_taken(stream, hook, pool, stack, left);
    }
    stream_leave();
}

static void measure(const struct hook *hook, struct entry_frame *frame)
{
    struct stream *stream = enter();
    if (!stream)
        return;
    growth_begin(stream, hook, frame);
    stream_leave();
}

/* What the function may change before it returns. */
static void keep_values(const struct hook *hook, struct entry_frame *frame)
{
    frame->known = 0;
    for (unsigned i = 0; i < HOOK_VALUES && hook->keeps; i++) {
        if (hook->keeps & 1u << i && operand_read(&hook->values[i], frame, &frame->kept[i]))
            frame->known |= 1u << i;
    }
}

/* A function that is no pool system's. */
static void record_own(const struct hook *hook, const struct entry_frame *frame)
{
    const struct registers registers = marks_registers(frame);
    if (hook->role == HOOK_OF_LOADER)
        hook->changed();
    else if (hook->role == HOOK_OF_CALL)
        watched_calls_look(hook, frame);
    else
        hook->ends((int)frame->arguments[0], &registers);
}

void hooks_before(const struct entry_context *context, struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    if (process_is_idle())
        return;
    if (hook->role >= API_ROLES) {
        record_own(hook, frame);
        return;
    }
    if (hook->poisons && hook->role == API_CREATE)
        record_parent(hook, frame);
    if (hook->counts)
        count_pools(hook, frame);
    keep_values(hook, frame);
    if (hook->measured)
        measure(hook, frame);
    if (hook->guards && hook->role != API_CREATE)
        begin_end_served(hook, frame);
    if (!hook->late && !(hook->quick && process_is_known() && try_other(hook, frame)))
        record(context, frame);
}

void hooks_after(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    if (process_is_idle())
        return;
    if (hook->measured)
        record_growth(hook, frame);
    else if (hook->late)
        record(context, frame);
    if (hook->poisons && hook->role == API_DESTROY)
        poison(hook, frame);
    if (hook->guards && hook->role != API_CREATE)
        end_served(hook, frame);
}
