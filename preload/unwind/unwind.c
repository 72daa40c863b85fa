/*
 * unwind.c - the backtrace of a hooked call, exact and without the loader's lock; see unwind.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/unwind/unwind.h"

#include "preload/code/detour.h"
#include "preload/code/loaded_objects.h"
#include "preload/trace/file.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/libunwind_remote.h"
#include "preload/unwind/modules.h"
#include "preload/unwind/rules.h"
#include "preload/unwind/stack_cache.h"
#include "preload/unwind/walk.h"
#include "preload/util/system_calls.h"

#include <string.h>

static bool verifying, has_libunwind, filtered;

void unwind_setup(bool verify)
{
    loaded_setup();
    stack_reach_setup();
    /* It asks for more, as it begins, than is known to be allowed. */
    filtered = system_calls_inherited_filter();
    has_libunwind = !filtered && libunwind_setup();
    verifying = verify && has_libunwind;
}

const char *unwind_shortcoming(void)
{
    if (filtered)
        return "libunwind is not used under a filter of system calls: they end where the program "
               "has "
               "no unwind table, and none is compared";
    return has_libunwind
               ? NULL
               : "libunwind could not be loaded: they end where the program has no unwind "
                 "table, and none is compared";
}

void unwind_forget_rules(void)
{
    stack_caches_forget();
    rules_forget();
}

/* False: this stack is libunwind's, from the latest signal frame on or as a whole. */
static bool take_fast(struct stream *stream, const struct unwind_start *start,
                      struct backtrace *backtrace, struct stack_trail *trail)
{
    backtrace->depth = 0;
    backtrace->cut = backtrace->incomplete = false;
    backtrace->signals = backtrace->ours = backtrace->bottom = false;
    backtrace->signal_sp = 0;
    struct walk_frame frame = {.ip = start->ip,
                               .sp = start->sp,
                               .rbp_place = (uint64_t)(uintptr_t)&start->rbp,
                               .reach = stack_reach_from(start->sp)};
    return walk_callers(stream, &frame, backtrace, trail);
}

/* From the stub where libunwind ended by rules again; false: it did not get to the outermost. */
static bool walk_from_stub(struct stream *stream, struct backtrace *backtrace,
                           struct stack_trail *trail)
{
    struct walk_frame stub = {.ip = backtrace->frames[backtrace->depth - 1],
                              .sp = backtrace->stub_sp,
                              .rbp_place = (uint64_t)(uintptr_t)&backtrace->stub_rbp,
                              .reach = stack_reach_unknown(backtrace->stub_sp),
                              .interrupted = true};
    backtrace->depth--;
    return walk_callers(stream, &stub, backtrace, trail);
}

/*
 * What rules do not lead through, by libunwind: from the latest signal frame, where all registers
 * are on the stack, or from START when there is none. Both in turn, until neither gets further.
 */
static void take_slow(struct stream *stream, struct scratch *scratch,
                      const struct unwind_start *start)
{
    struct backtrace *backtrace = &scratch->backtrace;
    struct unwind_start from = *start;
    bool whole = false;
    unsigned kept = 0;
    do {
        if (backtrace->signal_sp != 0) {
            kept = backtrace->signal_at;
            from = (struct unwind_start){.ip = backtrace->frames[kept], .sp = backtrace->signal_sp};
        }
        unsigned depth = backtrace->depth;
        backtrace->depth = kept;
        backtrace->signal_sp = 0;
        if (!libunwind_take(scratch, &from, backtrace)) {
            backtrace->depth = depth;
            backtrace->incomplete = true;
        } else if (backtrace->stub_sp != 0)
            whole = walk_from_stub(stream, backtrace, &scratch->trail);
    } while (!whole && backtrace->signal_sp != 0);
}

/*
 * Stubs are not in any unwind table: from one that a signal interrupted, libunwind guesses where
 * preload/code/detour.c knows. The two have in common what comes before, and the stub.
 */
static unsigned count_common(const struct backtrace *backtrace)
{
    unsigned i = 0;
    while (i < backtrace->depth && !detour_contains(backtrace->frames[i]))
        i++;
    return i < backtrace->depth ? i + 1 : 0;
}

/* Of A, which rules led to, and B, libunwind's. Beyond the bottom of a coroutine's stack libunwind
 * reads on. */
static bool same(const struct backtrace *a, const struct backtrace *b)
{
    unsigned common = a->bottom ? a->depth : count_common(a), depth = common ? common : a->depth;
    if (common ? b->depth < common : a->depth != b->depth || a->cut != b->cut)
        return false;
    return memcmp(a->frames, b->frames, depth * sizeof(a->frames[0])) == 0;
}

static void verify(struct scratch *scratch, const struct unwind_start *start)
{
    struct trace_header *header = trace_file_header();
    scratch->reference.depth = 0;
    if (!libunwind_take(scratch, start, &scratch->reference))
        return;
    __atomic_fetch_add(&header->checked, 1, __ATOMIC_RELAXED);
    if (!same(&scratch->backtrace, &scratch->reference))
        __atomic_fetch_add(&header->differed, 1, __ATOMIC_RELAXED);
}

/* Puts a backtrace into the form of TRACE_RECORD_STACK. */
static void finish(struct stream *stream, struct backtrace *backtrace)
{
    unsigned kept = 0, pushed;
    bool interrupted = false;
    for (unsigned i = 0; i < backtrace->depth; i++) {
        uint64_t raw = backtrace->frames[i], frame = raw;
        /* What is in a stub is in the patched function, as far as the program knows. */
        detour_locate(raw, &frame, &pushed);
        frame += interrupted;
        if (!modules_is_recorder(raw))
            backtrace->frames[kept++] = frame;
        interrupted = backtrace->signals && modules_find(stream, raw - 1, backtraces_next_id()) &&
                      walk_is_sigreturn(raw);
    }
    backtrace->depth = kept;
}

static void verify_recalled(struct stream *stream, struct scratch *scratch,
                            const struct unwind_start *start, const struct cached_stack *cached)
{
    struct backtrace *backtrace = &scratch->backtrace;
    if (!scratch)
        return;
    uint64_t *returns = scratch->reference.frames;
    const unsigned count = cached_stack_returns(cached, returns, TRACE_DEPTH_MAX);
    backtrace->cut = count == TRACE_DEPTH_MAX && returns[count - 1] != 0;
    backtrace->frames[0] = start->ip;
    backtrace->depth = count < TRACE_DEPTH_MAX ? 1 + count : TRACE_DEPTH_MAX;
    memcpy(backtrace->frames + 1, returns, (backtrace->depth - 1) * sizeof(*returns));
    if (backtrace->frames[backtrace->depth - 1] == 0) /* what told that there is no caller */
        backtrace->depth--;
    backtrace->bottom = rule_find(stream, backtrace->frames[backtrace->depth - 1]).last;
    verify(scratch, start);
}

uint32_t unwind_recall(struct stream *stream, const struct unwind_start *start)
{
    const struct cached_stack *cached = stack_cache_find(stream->cache, start);
    if (!cached)
        return TRACE_NO_STACK;
    if (__builtin_expect(verifying, 0))
        verify_recalled(stream, scratch_of(stream), start, cached);
    return cached->id;
}

bool unwind_is_verifying(void)
{
    return verifying;
}

/* A locked addition waits for all stores before it, so it is one only where there are others. When
 * the second thread begins, one may be missed. */
static inline void count(uint64_t *counter)
{
    if (streams_are_several())
        __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
    else
        __asm__ volatile("incq %0" : "+m"(*counter));
}

void unwind_take(struct stream *stream, struct scratch *scratch, const struct unwind_start *start)
{
    struct backtrace *backtrace = &scratch->backtrace;
    struct stack_trail *trail = &scratch->trail;
    struct trace_header *header = trace_file_header();
    count(&header->unwound);
    stack_trail_begin(trail);
    bool fast = take_fast(stream, start, backtrace, trail);
    if (!fast) {
        __atomic_fetch_add(&header->unwound_slow, 1, __ATOMIC_RELAXED);
        take_slow(stream, scratch, start);
    } else if (verifying) {
        verify(scratch, start);
    }
    if (backtrace->incomplete)
        __atomic_fetch_add(&header->incomplete, 1, __ATOMIC_RELAXED);
    else if (backtrace->cut)
        __atomic_fetch_add(&header->cut, 1, __ATOMIC_RELAXED);
    backtrace->cut |= backtrace->incomplete;
    if (!fast || backtrace->signals)
        trail->count = TRAIL_NONE;
    if (!fast || backtrace->signals || backtrace->ours)
        finish(stream, backtrace);
}

void unwind_begin_within(struct backtrace *backtrace, uint64_t address)
{
    if (backtrace->depth == TRACE_DEPTH_MAX) {
        backtrace->cut = true;
        backtrace->depth--;
    }
    memmove(&backtrace->frames[1], backtrace->frames,
            backtrace->depth * sizeof(backtrace->frames[0]));
    backtrace->frames[0] = address + 1; /* as what was run lies before each */
    backtrace->depth++;
}
