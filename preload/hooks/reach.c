/* reach.c - when the pools are walked, and what is written of it (reach.h). */
/* SPDX-License-Identifier: MIT */
#include "preload/hooks/reach.h"

#include "preload/guard/slots.h"
#include "preload/guard/stale.h"
#include "preload/hooks/agreed.h"
#include "preload/hooks/generation.h"
#include "preload/hooks/kernel_held.h"
#include "preload/hooks/poison.h"
#include "preload/hooks/program_memory.h"
#include "preload/hooks/roots.h"
#include "preload/hooks/survey.h"
#include "preload/hooks/usage.h"
#include "preload/trace/events.h"
#include "preload/trace/file.h"
#include "preload/unwind/backtraces.h"
#include "preload/unwind/modules.h"
#include "preload/unwind/scratch.h"
#include "preload/util/address_space.h"
#include "preload/util/clock.h"
#include "preload/util/forked.h"
#include "preload/util/kept_mappings.h"
#include "preload/util/options.h"
#include "preload/util/readable.h"
#include "preload/util/system_calls.h"
#include "preload/util/threads.h"

#define POOLS_FIRST SURVEY_FORKED
#define POOLS_MAX   (1u << 18)
#define BYTES_MAX   (UINT64_C(256) << 20) /* of memory to look through */
#define LOOKS       6 /* at most, beside other threads, before something is called lost */
#define TRIES       8 /* beside them, at a walk that comes upon what they are changing */
#define INTERVAL_NS UINT64_C(1000000000) /* between walks at units and forks */

FORKED static uint64_t shut_down_in; /* the trace of the process whose shutdown began */
FORKED static uint64_t walked_ns;    /* when, last at a unit or fork */
FORKED static uint64_t proven;       /* what a second opinion has confirmed: nobody can refer to it
                                        since */

/* One walk: mapped for it, with the walk's own room behind. */
struct visit {
    struct walk walk;
    struct walk_verdict verdict;
    struct program_memory memory;
    struct kernel_held_room held;
    struct scratch *scratch;
    size_t size;     /* bytes of all of it */
    uint32_t rooted; /* pools that the roots lead to: the first of all */
    bool has_pools;
    bool alone; /* there is no other thread */
};

static bool is_described(const struct pool_system *system)
{
    const struct api_layout *layout = system->layout_count ? system->layouts[0] : NULL;
    return layout && !layout->owned && (layout->tree || layout->check_count > 0);
}

void reach_find(struct pool_system *system, const struct image *image)
{
    system->frees = NULL;
    const struct api_layout *layout = system->layout_count ? system->layouts[0] : NULL;
    if (options_get()->walk != OPTION_WALK_OFF && is_described(system))
        kept_mappings_begin();
    for (unsigned i = 0; layout && i < layout->free_count && !system->frees; i++) {
        if (operand_prepare(&system->free_blocks, &layout->free_blocks[i], image))
            system->frees = &layout->free_blocks[i];
    }
}

/* The first of the free blocks, and the variable that holds it, which is the library's own. */
static void add_free_blocks(struct walk *walk, const struct pool_system *system)
{
    uint64_t block;
    if (!system->frees || !operand_read(&system->free_blocks, NULL, &block))
        return;
    const uint64_t variable = (uint64_t)(uintptr_t)system->free_blocks.variables[0];
    walk_own(walk, variable, variable + sizeof(block));
    if (block)
        walk_free_list(walk, block);
}

/* What a forked process has from its parent is the parent's to tell. */
static void leave_out_inherited(struct walk *walk)
{
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        if (walk->pools[i].flags & WALK_UPPER && usage_is_inherited(walk->pools[i].address))
            walk->pools[i].flags &= (uint8_t)~WALK_UPPER;
    }
}

static struct walk_verdict judge(struct visit *visit, const struct registers *registers)
{
    program_memory_mark(&visit->memory, &visit->walk, registers);
    walk_spread(&visit->walk);
    const struct walk_verdict verdict = walk_judge(&visit->walk);
    leave_out_inherited(&visit->walk);
    return verdict;
}

/* Of what is said to be unreachable; 0: nothing is. */
static uint64_t hash_upper(const struct walk *walk)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        const struct walk_pool *pool = &walk->pools[i];
        if (pool->flags & WALK_UPPER)
            hash = (hash + pool->address + pool->used) * UINT64_C(0x9E3779B97F4A7C15);
    }
    return hash;
}

static void add_served(void *walk, uint64_t pool, uint64_t begin, uint64_t end)
{
    walk_add_data(walk, pool, begin, end);
}

static void mark_word(void *walk, uint64_t word)
{
    walk_mark_words(walk, &word, 1);
}

static bool is_full(const struct walk *walk)
{
    return walk->lost.pools || walk->lost.extents || walk->lost.holes;
}

static bool find_memory(struct visit *visit, const struct registers *registers)
{
    const uint64_t begin = (uint64_t)(uintptr_t)visit;
    return program_memory_find(&visit->memory, visit->scratch, visit->alone, registers, begin,
                               begin + visit->size);
}

/* Other threads may have moved what refers to a pool to memory that came since, and the old place
 * is gone: what one of several looks finds is not lost. */
static bool look_again(struct visit *visit, const struct registers *registers)
{
    for (unsigned i = 0; i < LOOKS && hash_upper(&visit->walk); i++) {
        if (!find_memory(visit, registers))
            return false;
        walk_doubt(&visit->walk);
        visit->verdict = judge(visit, registers);
    }
    return true;
}

/* False: what is mapped cannot be told any more. */
static bool walk_system(struct visit *visit, const struct pool_system *system,
                        const struct registers *registers)
{
    struct walk *walk = &visit->walk;
    roots_walk(walk, system);
    visit->rooted = walk->pool_count;
    if (system->layouts[0]->check_count > 0)
        program_memory_search(&visit->memory, walk);
    visit->has_pools = walk->pool_count > 0;
    if (!visit->has_pools || is_full(walk)) /* then it is done again, with more room */
        return true;
    add_free_blocks(walk, system);
    slots_each(add_served, walk);
    stale_each(add_served, walk);
    walk_own(walk, (uint64_t)(uintptr_t)system, (uint64_t)(uintptr_t)(system + 1));
    walk_sort(walk);
    visit->verdict = judge(visit, registers);
    const uint64_t suspects = hash_upper(walk);
    if (!suspects || suspects == proven)
        return true;
    walk_doubt(walk);
    kernel_held_each(&visit->held, mark_word, walk);
    visit->verdict = judge(visit, registers);
    if (!visit->alone)
        return look_again(visit, registers);
    proven = hash_upper(walk) == suspects ? suspects : 0;
    return true;
}

/* What cannot be trusted, as a part of the pools is not known. */
static bool is_broken(const struct walk *walk)
{
    if (walk->lost.links)
        return true;
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        if (walk->pools[i].flags & (WALK_BROKEN | WALK_UNKNOWN_KIND))
            return true;
    }
    return false;
}

static enum trace_walk_result try_visit(struct visit *visit, uint32_t pools,
                                        const struct pool_system *system,
                                        const struct registers *registers)
{
    if (!find_memory(visit, registers))
        return TRACE_WALK_MAPPINGS;
    if (visit->memory.bytes > BYTES_MAX)
        return TRACE_WALK_SIZE;
    walk_begin(&visit->walk, visit + 1, pools, program_memory_read, &visit->memory);
    if (visit->alone)
        walk_set_view(&visit->walk, program_memory_view);
    if (!walk_system(visit, system, registers))
        return TRACE_WALK_MAPPINGS;
    if (is_full(&visit->walk))
        return TRACE_WALK_ROOM;
    if (is_broken(&visit->walk))
        return TRACE_WALK_BROKEN;
    if (!visit->alone)
        return TRACE_WALK_AGREED;
    return options_get()->poison && system->layouts[0]->reuse ? TRACE_WALK_EXACT : TRACE_WALK_DONE;
}

static struct visit *begin_visit(struct stream *stream, uint32_t pools, bool alone)
{
    const size_t size = sizeof(struct visit) + walk_room(pools);
    struct scratch *scratch = scratch_of(stream);
    struct visit *visit = scratch ? address_space_map(size) : NULL;
    if (visit) {
        visit->scratch = scratch;
        visit->size = size;
        visit->alone = alone;
    }
    return visit;
}

static void end_visit(struct visit *visit)
{
    if (visit)
        address_space_unmap(visit, visit->size);
}

static uint64_t hash_words(uint64_t a, uint64_t b, uint64_t c)
{
    const uint64_t by = UINT64_C(0x9E3779B97F4A7C15);
    return ((a * by + b) * by + c) * by;
}

static bool is_agreed(const struct visit *visit, uint64_t what)
{
    return visit->alone || agreed_before(what);
}

static void write_unreachable(struct stream *stream, const struct visit *visit)
{
    const struct walk *walk = &visit->walk;
    for (uint32_t i = 0; i < walk->pool_count; i++) {
        const struct walk_pool *pool = &walk->pools[i];
        if (pool->flags & WALK_UPPER &&
            is_agreed(visit, hash_words(pool->address, pool->used, pool->name)))
            event_unreachable(stream, pool->address, pool->below,
                              pool->capacity + pool->below_held);
    }
}

/* The address of a variable, as a backtrace: so it is told with its module, and named. */
static uint32_t place_of(struct stream *stream, uint64_t address)
{
    struct scratch *scratch = scratch_of(stream);
    if (!scratch)
        return TRACE_NO_STACK;
    struct backtrace *backtrace = &scratch->backtrace;
    modules_find(stream, address, backtraces_next_id());
    backtrace->frames[0] = address + 1;
    backtrace->depth = 1;
    backtrace->cut = backtrace->ours = backtrace->signals = false;
    return backtraces_intern(stream, backtrace);
}

/* Where TO is in the memory of the pool that had BLOCK: its own, or with poison, which keeps them
 * together, one of its further ones. */
static uint64_t offset_in(const struct walk_extent *block, uint64_t to, bool poison, uint64_t *pool)
{
    const uint64_t offset = to - block->data;
    const uint64_t known = poison ? poison_pool_of(block->begin) : 0;
    *pool = known ? known : block->data;
    return (offset < TRACE_OFFSET_FURTHER ? offset : TRACE_OFFSET_FURTHER - 1) |
           (*pool == block->data ? 0 : TRACE_OFFSET_FURTHER);
}

/* Without poison a free block's memory is as its pool left it, and stale words are everywhere: only
 * what a variable holds says something then. */
static void write_dangling(struct stream *stream, const struct visit *visit, bool poison)
{
    const struct walk *walk = &visit->walk;
    for (uint32_t i = 0; i < walk->dangler_count; i++) {
        const struct walk_dangler *dangler = &walk->danglers[i];
        const struct walk_extent *block = &walk->extents[dangler->block];
        if ((dangler->pool != WALK_NONE && !poison) ||
            !is_agreed(visit, hash_words(dangler->at, dangler->to, block->data)))
            continue;
        const bool variable = dangler->pool == WALK_NONE;
        uint64_t pool;
        const uint64_t offset = offset_in(block, dangler->to, poison, &pool);
        generation_touch(stream, pool);
        event_dangling(stream, pool, variable ? place_of(stream, dangler->at) : TRACE_NO_STACK,
                       dangler->at, variable ? 0 : walk->pools[dangler->pool].address, offset);
    }
}

static void write_visit(struct stream *stream, const struct visit *visit, enum trace_walk_when when,
                        enum trace_walk_result result, uint64_t microseconds)
{
    if (visit && !visit->has_pools && trace_walk_is_done(result))
        return;
    event_walk(stream, when, result, visit ? visit->walk.pool_count : 0, microseconds);
    if (!trace_walk_is_done(result))
        return;
    write_unreachable(stream, visit);
    /* On its way out a process forgets no pointer to what it destroys, and needs not: what it had
     * destroyed before is known only where that was filled. */
    if (when != TRACE_WALK_AT_EXIT || result == TRACE_WALK_EXACT)
        write_dangling(stream, visit, result == TRACE_WALK_EXACT);
}

static bool can_walk(const struct pool_system *system)
{
    const bool gone = system->late && !system->map;
    return !gone && is_described(system);
}

/* Whether a filter of system calls leaves what it takes. */
static bool may_walk(void)
{
    return system_calls_may(CALL_CPU_TIME) && system_calls_may(CALL_MAP) &&
           system_calls_may(CALL_UNMAP) && readable_way != READABLE_UNKNOWN;
}

/* True: what was walked at the exit was surveyed, too. */
static bool walk_now(struct stream *stream, const struct pool_system *system,
                     enum trace_walk_when when, const struct registers *registers, bool alone)
{
    const uint64_t began = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    enum trace_walk_result result = TRACE_WALK_ROOM;
    struct visit *visit = NULL;
    const uint32_t most = trace_file_header()->parent_id ? SURVEY_FORKED : POOLS_MAX;
    uint32_t pools = POOLS_FIRST;
    stale_look(stream); /* what the walk reads is no use of it */
    for (unsigned tries = alone ? 1 : TRIES; result == TRACE_WALK_ROOM && pools <= most;) {
        end_visit(visit);
        visit = begin_visit(stream, pools, alone);
        if (!visit)
            break;
        result = try_visit(visit, pools, system, registers);
        if (result == TRACE_WALK_ROOM)
            pools *= 4;
        else if (result == TRACE_WALK_BROKEN && --tries > 0)
            result = TRACE_WALK_ROOM;
    }
    if (result == TRACE_WALK_ROOM && most == SURVEY_FORKED)
        result = TRACE_WALK_SIZE;
    const uint64_t microseconds = (clock_ns(CLOCK_THREAD_CPUTIME_ID) - began) / 1000;
    /* Too many pools for a forked process: it looks at those that it made. */
    const bool many = result == TRACE_WALK_SIZE && visit && visit->rooted > 0;
    const bool surveyed = visit && alone && when == TRACE_WALK_AT_EXIT &&
                          (trace_walk_is_done(result) || result == TRACE_WALK_BROKEN || many);
    if (surveyed && many)
        survey_write_own(stream, system);
    else if (surveyed)
        survey_write(stream, system, &visit->walk, visit->rooted, &visit->memory);
    stale_look_away();
    write_visit(stream, visit, when, result, microseconds);
    end_visit(visit);
    return surveyed;
}

static uint64_t this_trace(void)
{
    const struct trace_header *header = trace_file_header();
    return header ? header->file_id : 0;
}

/* Beside other threads only where walks in units were asked for: it takes two of them, and calls
 * that a filter might kill for. */
static bool reach_walk(struct stream *stream, const struct pool_system *system,
                       enum trace_walk_when when, const struct registers *registers)
{
    bool surveyed = false;
    if (!can_walk(system))
        return false;
    if (!may_walk()) {
        event_walk(stream, when, TRACE_WALK_MAPPINGS, 0, 0);
    } else if (threads_alone() && !streams_are_several()) {
        surveyed = walk_now(stream, system, when, registers, true);
    } else if (options_get()->walk == OPTION_WALK_IN_UNITS && !system_calls_filtered() &&
               agreed_begin(this_trace())) {
        walk_now(stream, system, when, registers, false);
        agreed_end();
    } else {
        event_walk(stream, when, TRACE_WALK_THREADS, 0, 0);
    }
    return surveyed;
}

/* Once in a second at most. */
static bool is_due(void)
{
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    if (options_get()->walk != OPTION_WALK_IN_UNITS || (walked_ns && now - walked_ns < INTERVAL_NS))
        return false;
    walked_ns = now;
    return true;
}

void reach_at_mark(struct stream *stream, const struct pool_system *system, enum api_mark_kind mark,
                   const struct registers *registers)
{
    if (mark == API_MARK_SHUTDOWN && options_get()->walk != OPTION_WALK_OFF) {
        shut_down_in = this_trace();
        reach_walk(stream, system, TRACE_WALK_AT_SHUTDOWN, registers);
    } else if (mark <= API_MARK_CONNECTION && is_due()) {
        reach_walk(stream, system, TRACE_WALK_AT_UNIT, registers);
    }
}

bool reach_at_exit(struct stream *stream, const struct pool_system *system,
                   const struct registers *registers)
{
    return options_get()->walk != OPTION_WALK_OFF && shut_down_in != this_trace() &&
           reach_walk(stream, system, TRACE_WALK_AT_EXIT, registers);
}

void reach_at_fork(struct stream *stream, const struct pool_system *system,
                   const struct registers *registers)
{
    if (is_due())
        reach_walk(stream, system, TRACE_WALK_AT_FORK, registers);
}
