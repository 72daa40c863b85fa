/*
 * hooks.c - where entry.S leads to: the fast path (fast.c) or, for what is new, the slow one,
 * before hooked functions run and after they returned.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/hooks/hook.h"

#include "preload/guard/slots.h"
#include "preload/guard/stale.h"
#include "preload/hooks/call_stack.h"
#include "preload/hooks/fast.h"
#include "preload/hooks/growth.h"
#include "preload/hooks/marks.h"
#include "preload/hooks/naming.h"
#include "preload/hooks/poison.h"
#include "preload/hooks/process.h"
#include "preload/hooks/record.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/serve.h"
#include "preload/hooks/spare_stack.h"
#include "preload/hooks/unseen.h"
#include "preload/hooks/usage.h"
#include "preload/hooks/watched_calls.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/util/options.h"

bool hooks_try(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    return __builtin_expect(process_is_known(), true) ? hook->try(hook, frame) : process_is_idle();
}

bool hooks_young(uint64_t pool, uint64_t size, const void *frame)
{
    return process_is_known() && fast_count_young(pool, size, frame);
}

bool hooks_ask(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    return hook->way == HOOK_SERVES ? !hooks_try(context, frame)
                                    : process_is_known() && serve_asks(hook, frame);
}

/* A stream for what this thread has to tell; NULL: it is lost, with a count. */
static struct stream *enter(const struct entry_frame *frame)
{
    return process_check_fork() ? stream_enter_at(frame) : NULL;
}
static void record(const struct entry_context *context, const struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    struct call call;
    struct stream *stream = enter(frame);
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

/* What a hook is called with, as what may run on another stack has it. */
struct slow_call {
    const struct entry_context *context;
    struct entry_frame *frame;
    uint64_t served;
};

static bool call_slowly(void (*function)(void *data), struct slow_call *call)
{
    const struct hook *hook = (const struct hook *)call->context;
    if (spare_stack_call(hook->role == API_MARK ? STACK_OF_WALKS : STACK_OF_CALLS, function, call))
        return true;
    trace_file_lose(TRACE_LOST_STACK, 1);
    return false;
}

static void serve(void *data)
{
    struct slow_call *call = data;
    const struct hook *hook = (const struct hook *)call->context;
    call->served = process_check_fork() ? serve_call(hook, call->frame) : 0;
    if (!call->served && hook->way == HOOK_SERVES)
        record(call->context, call->frame);
}

uint64_t hooks_serve(const struct entry_context *context, const struct entry_frame *frame)
{
    struct slow_call call = {context, (struct entry_frame *)(uintptr_t)frame, 0};
    call_slowly(serve, &call);
    return call.served;
}

/* The call that makes a pool below one that is gone may crash: what it uses is told before. */
static void record_parent(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t parent;
    if (!operand_read(&hook->values[HOOK_PARENT], frame, &parent))
        return;
    struct stream *stream = parent ? enter(frame) : NULL;
    if (!stream)
        return;
    if (poison_holds(&hook->system->api.layout, parent))
        event_alloc(stream, parent, call_stack(stream, frame), 0);
    stream_leave();
}

static void poison(const struct hook *hook, const struct entry_frame *frame)
{
    uint64_t pool;
    struct stream *stream = call_value(hook, HOOK_POOL, frame, &pool) ? enter(frame) : NULL;
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
    struct stream *stream = stale_may_have(pool) ? stream_enter_at(frame) : NULL;
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
    struct stream *stream = enter(frame);
    if (!stream)
        return;
    usage_tell_pools(stream, hook->system, pool);
    stream_leave();
}

/* The bytes that the call took by itself: first so many as its values tell, then the rest. */
static void record_growth(const struct hook *hook, const struct entry_frame *frame)
{
    const uint64_t align = hook->system->align;
    uint64_t size = 0, pool, left;
    struct stream *stream = enter(frame);
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
    struct stream *stream = enter(frame);
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
    if (hook->role == HOOK_OF_LOADER)
        hook->changed();
    else if (hook->role == HOOK_OF_CALL)
        watched_calls_look(hook, frame);
    else if (hook->role == HOOK_OF_FILTERS)
        hook->called(frame->arguments);
    else {
        const struct registers registers = marks_registers(frame);
        hook->ends((int)frame->arguments[0], &registers);
    }
}

static void before(void *data)
{
    const struct slow_call *call = data;
    const struct hook *hook = (const struct hook *)call->context;
    struct entry_frame *frame = call->frame;
    if (hook->poisons && hook->role == API_CREATE)
        record_parent(hook, frame);
    if (hook->counts)
        count_pools(hook, frame);
    keep_values(hook, frame);
    if (hook->measured)
        measure(hook, frame);
    if (hook->guards && hook->role != API_CREATE)
        begin_end_served(hook, frame);
    if (!hook->late && !(hook->quick && process_is_known() && hook->quick(hook, frame)))
        record(call->context, frame);
}

void hooks_before(const struct entry_context *context, struct entry_frame *frame)
{
    const struct hook *hook = (const struct hook *)context;
    struct slow_call call = {context, frame, 0};
    if (process_is_idle())
        return;
    if (hook->role >= API_ROLES)
        record_own(hook, frame);
    else if (!call_slowly(before, &call))
        frame->known = 0;
}

static void after(void *data)
{
    const struct slow_call *call = data;
    const struct hook *hook = (const struct hook *)call->context;
    const struct entry_frame *frame = call->frame;
    if (hook->measured)
        record_growth(hook, frame);
    else if (hook->late)
        record(call->context, frame);
    if (hook->poisons && hook->role == API_DESTROY)
        poison(hook, frame);
    if (hook->guards && hook->role != API_CREATE)
        end_served(hook, frame);
}

void hooks_after(const struct entry_context *context, const struct entry_frame *frame)
{
    struct slow_call call = {context, (struct entry_frame *)(uintptr_t)frame, 0};
    if (!process_is_idle())
        call_slowly(after, &call);
}
