/* generation.c - calls on young pools; see generation.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/generation.h"

#include "preload/hooks/dues.h"
#include "preload/hooks/meanings.h"
#include "preload/hooks/survivors.h"
#include "preload/hooks/young_systems.h"
#include "preload/trace/definitions.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/util/forked.h"
#include "preload/util/options.h"
#include "preload/young/emptied.h"
#include "preload/young/objects.h"
#include "preload/young/parents.h"
#include "preload/young/refills.h"

#include <string.h>

FORKED static bool on;
FORKED static bool goes_on; /* who was at work on pools when the process was forked: see enter() */

static const char of_threads[] = "there are several threads";

static void write_mode(struct stream *stream, enum trace_mode mode, const char *why)
{
    const uint8_t byte = (uint8_t)mode;
    const struct definition_part parts[] = {{&byte, 1}, {why, strlen(why)}};
    definition_write(stream, TRACE_RECORD_MODE, parts, 2);
}

/* What is young is written, and what is known of the dead. */
static void write_all(struct stream *stream)
{
    survivors_write_passing(stream, &generation_now, 0);
    survivors_write_uncleared(stream, &generation_now, 0);
    survivors_write_all(stream, &generation_now, false);
    survivors_write_all_gone(stream, &generation_now);
}

/* Nothing is young any more: the process is recorded as ever from here on. */
static void stop(struct stream *stream, const char *why)
{
    on = generation_now.in_unit = young_only.on = false;
    write_all(stream);
    survivors_sum_up(stream, &generation_now, true);
    write_mode(stream, TRACE_MODE_FULL, why);
    __atomic_store_n(&generation_pools, NULL, __ATOMIC_RELEASE);
}

/* Of those who find that there are several threads the first one writes what is young; the others
 * wait for that, as far as they may: what it interrupted does not go on. */
static void stop_for_threads(struct stream *stream)
{
    static int stopping;
    static uint32_t stopper;
    int free = 0;
    if (__atomic_compare_exchange_n(&stopping, &free, 1, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_ACQUIRE)) {
        __atomic_store_n(&stopper, stream->number, __ATOMIC_RELAXED);
        stop(stream, of_threads);
        __atomic_store_n(&stopping, 2, __ATOMIC_RELEASE);
        return;
    }
    for (unsigned i = 0; i < 1u << 24 && stream->depth == 0; i++) {
        if (__atomic_load_n(&stopping, __ATOMIC_ACQUIRE) == 2)
            return;
        __asm__ volatile("pause");
    }
}

/* A handler that left by siglongjmp() may have left the pools half-changed: none is young then. */
static void recover(struct stream *stream)
{
    write_all(stream);
    young_wipe(generation_now.pools);
    young_only = (struct young_only){.on = true};
}

static void count_or_write(struct stream *stream, const struct young_waiting *waiting)
{
    struct young_pool *of = young_find(generation_now.pools, waiting->pool);
    const struct generation_call call = {
        .stack = waiting->stack, .size = waiting->size, .object = waiting->object};
    if (of && of->state == YOUNG_LIVE && fate_look(&generation_now, of, &call))
        return;
    if (of && of->state != YOUNG_LIVE) { /* it came before the end, which may be in sums */
        trace_file_lose(TRACE_LOST_NESTING, 1);
        return;
    }
    dues_touch(stream, &generation_now, waiting->pool, false);
    if (waiting->object)
        event_object(stream, waiting->pool, waiting->stack, waiting->size, waiting->object);
    else
        event_alloc(stream, waiting->pool, waiting->stack, waiting->size);
}

/* What handlers allocated that came when the pools were being changed. */
static void serve_waiting(struct stream *stream)
{
    struct young_pools *young = generation_pools;
    while (young->waits) {
        const uint32_t last = young->waits - 1;
        struct young_waiting waiting = {0};
        if (last < YOUNG_WAITING)
            waiting = young->waiting[last];
        if (last < YOUNG_WAITING)
            young->waiting[last].pool = 0;
        young->waits = last;
        if (waiting.pool)
            count_or_write(stream, &waiting);
    }
}

/* May the pools be changed, until leave()? False: not by who interrupts that, nor by several
 * threads. */
static bool enter(struct stream *stream)
{
    if (!generation_pools)
        return false;
    if (!generation_alone()) {
        stop_for_threads(stream);
        return false;
    }
    goes_on &= generation_pools->busy;
    if (generation_pools->busy && (stream->depth > 0 || goes_on))
        return false;
    if (generation_pools->busy)
        recover(stream);
    generation_pools->busy = true;
    quick_forget();
    __asm__ volatile("" ::: "memory");
    serve_waiting(stream);
    return true;
}

enum generation_fate generation_try(const struct stream *stream, const struct generation_call *call)
{
    if (call->role == API_ALLOC && !call->object)
        return generation_may_try(stream) ? generation_take(call->pool, call->size)
                                          : GENERATION_UNCLEAR;
    if (!generation_begin_try(stream))
        return GENERATION_UNCLEAR;
    const enum generation_fate fate = fate_of(&generation_now, call);
    generation_end_try();
    return fate;
}

/* Of one that is about to hold more than it may it is found out later whether it may. */
enum generation_fate generation_look(const struct stream *stream,
                                     const struct generation_call *call)
{
    if (!generation_begin_try(stream))
        return GENERATION_UNCLEAR;
    struct young_pool *of = young_find(generation_pools, call->pool);
    const bool looked = of && of->state == YOUNG_LIVE && !call->system->gives_back &&
                        call->size <= of->most - of->bytes && fate_look(&generation_now, of, call);
    if (looked)
        quick_note(of);
    generation_end_try();
    return looked ? GENERATION_YOUNG : GENERATION_UNCLEAR;
}

static bool is_of_young(struct young_pools *young, const struct generation_call *call)
{
    const bool changes = call->role == API_FREE || call->role == API_REALLOC;
    return young_find(young, call->pool) || young_find_refilled(young, call->pool) ||
           (changes && young_object_find(young, call->object));
}

static bool is_of_passing(struct young_pools *young, const struct generation_call *call)
{
    const struct passing_item *item = passing_find(&young->passing, call->object);
    young->passing.unsure |= call->role == API_SET_PARENT;
    switch (call->role) {
    case API_FREE:
    case API_REALLOC:
        return item && !item->written;
    case API_DESTROY:
    case API_CLEAR:
        return fate_takes_along(&generation_now, call);
    default:
        return false;
    }
}

/* Of what a handler does to young pools, and what passes, while what it interrupted is at work on
 * them, allocations wait for that; all else is lost, with a count. */
static bool is_put_off(const struct generation_call *call)
{
    struct young_pools *young = generation_pools;
    if (!young || !(is_of_young(young, call) || is_of_passing(young, call)))
        return false;
    const struct young_waiting waiting = {call->pool, call->size, call->object, call->stack};
    if (call->role != API_ALLOC || !young_wait(young, &waiting))
        trace_file_lose(TRACE_LOST_NESTING, 1);
    return true;
}

bool generation_meet(struct stream *stream, const struct generation_call *call)
{
    if (call->role == API_ALLOC && generation_take(call->pool, call->size) == GENERATION_YOUNG)
        return false;
    if (!enter(stream))
        return !is_put_off(call);
    const enum generation_fate fate = fate_of(&generation_now, call);
    const bool written = fate == GENERATION_UNCLEAR ? dues_meet(stream, &generation_now, call)
                                                    : fate == GENERATION_OLDER;
    generation_end_try();
    return written;
}

/* What passes may be in pools that were made in it. */
static void note_made(const struct generation_call *call)
{
    struct young_pools *young = generation_pools;
    if (young && (young->busy || !call->stack)) {
        young->passing.unsure = true;
    } else if (young) {
        young->busy = true;
        __asm__ volatile("" ::: "memory");
        survivors_note_made(young, call->pool, call->stack);
        generation_end_try();
    }
}

void generation_made(const struct generation_call *call)
{
    struct young_place *place = generation_now.in_unit && call->stack
                                    ? places_of(generation_now.places, call->stack)
                                    : NULL;
    if (place)
        place_count(place, generation_now.unit);
    if (call->system->gives_back)
        note_made(call);
    generation_now.made++;
    only_ended(call->pool);
    emptied_forget(call->pool);
    if (call->name)
        meaning_told(call->system, call->pool, call->name);
    parents_forget(call->pool);
    parents_note(call->parent);
    refill_note_made(generation_now.pools, call->parent);
}

void generation_cleared(const struct generation_call *call)
{
    struct young_pool *refilled = NULL;
    if (generation_now.in_unit && !call->keeps_children && !call->held &&
        call->system->may_be_young && call->system->refills &&
        !young_find(generation_now.pools, call->pool))
        refilled = refill_note(generation_now.pools, call->pool, generation_now.unit);
    if (!refilled)
        return;
    refilled->system = (uint8_t)call->system->number;
    refilled->part = (uint8_t)(call->system->align - 1);
    generation_now.systems[refilled->system] = call->system;
}

void generation_touch(struct stream *stream, uint64_t pool)
{
    if (!pool || !enter(stream))
        return;
    dues_touch(stream, &generation_now, pool, false);
    survivors_write_passing(stream, &generation_now, pool);
    generation_end_try();
}

void generation_unit_ends(struct stream *stream)
{
    if (!enter(stream)) {
        generation_now.in_unit = false;
        return;
    }
    survivors_write_all(stream, &generation_now, true);
    survivors_write_uncleared(stream, &generation_now, generation_now.unit);
    survivors_write_stayed(stream, &generation_now);
    survivors_sum_up(stream, &generation_now, false);
    generation_now.in_unit = false;
    generation_pools->passing.unit = 0;
    generation_end_try();
}

static bool map(void)
{
    generation_now.pools = young_map();
    generation_now.places = generation_now.pools ? places_map() : NULL;
    if (generation_now.pools && !generation_now.places)
        young_unmap(generation_now.pools);
    young_only = (struct young_only){.on = generation_now.places};
    return generation_now.places;
}

bool generation_counts_units(const struct stream *stream)
{
    return on && stream->depth == 0 && generation_alone();
}

void generation_unit_begins(struct stream *stream)
{
    if (!on || stream->depth > 0)
        return;
    if (!generation_alone()) {
        if (!generation_pools && __atomic_exchange_n(&on, false, __ATOMIC_RELAXED))
            write_mode(stream, TRACE_MODE_FULL, of_threads);
        return;
    }
    if (!generation_pools && map()) {
        generation_pools = generation_now.pools;
        young_quick.busy = &generation_pools->busy;
        young_quick.alone = threads_single;
    } else if (!generation_pools) {
        on = false;
        write_mode(stream, TRACE_MODE_FULL, "there is no memory for it");
        return;
    }
    generation_now.in_unit = true;
    generation_now.crowded = generation_now.apart = false;
    generation_now.unit++;
    generation_now.made = 0;
    generation_pools->passing.unit = generation_now.unit;
}

void generation_ends(struct stream *stream)
{
    if (!enter(stream))
        return;
    generation_now.in_unit = false;
    survivors_write_passing(stream, &generation_now, 0);
    survivors_count_passed(&generation_now);
    generation_pools->passing.unit = 0;
    survivors_write_all(stream, &generation_now, false);
    survivors_write_uncleared(stream, &generation_now, 0);
    survivors_sum_up(stream, &generation_now, true);
    generation_end_try();
}

void generation_forks(struct stream *stream)
{
    generation_ends(stream);
    if (!enter(stream))
        return;
    survivors_write_all_gone(stream, &generation_now);
    generation_end_try();
}

/* Nothing is young, and nobody is at work on what was. */
static void end_pools(struct stream *stream)
{
    if (stream) { /* in one that a bare clone() made */
        survivors_write_passing(stream, &generation_now, 0);
        survivors_write_all(stream, &generation_now, false);
        survivors_write_all_gone(stream, &generation_now);
    }
    generation_pools = NULL;
    quick_forget();
    young_unmap(generation_now.pools);
    places_unmap(generation_now.places);
    generation_now = (struct generation){0};
    young_only = (struct young_only){0};
    parents_forget_all();
    emptied_forget_all();
}

void generation_forked(struct stream *stream, bool interrupted)
{
    struct trace_header *header = trace_file_header();
    if (generation_pools && header)
        header->young[TRACE_YOUNG_MADE] += generation_now.pools->live;
    goes_on = generation_pools && interrupted;
    if (goes_on)
        survivors_forget_sums(&generation_now);
    else if (generation_pools)
        end_pools(stream);
    if (on && stream)
        write_mode(stream, TRACE_MODE_SURVIVORS, "");
}

bool generation_is_asked(void)
{
    const struct options *options = options_get();
    return options->survivors && !options->poison && !options->guard && !options->stale &&
           !options->addresses;
}

void generation_setup(struct stream *stream, struct pool_system *const *systems, unsigned count)
{
    const struct options *options = options_get();
    const char *why = "no pool system was found";
    bool begins = false;
    on = false;
    if (!options->survivors)
        return;
    generation_bytes_most = (uint32_t)options->young;
    for (unsigned i = 0; i < count; i++) {
        const char *hinders = young_system_look(systems[i]);
        begins |= systems[i]->begins_units;
        on |= !hinders;
        why = hinders ? hinders : why;
    }
    if (on && !begins)
        why = "no function is hooked with which units of work begin";
    if (!generation_is_asked())
        why = "what is poisoned, guarded, sampled or told with its address is told of one by one";
    on &= begins && generation_is_asked();
    write_mode(stream, on ? TRACE_MODE_SURVIVORS : TRACE_MODE_FULL, on ? "" : why);
}
