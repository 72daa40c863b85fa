/* allocations.c - what is allocated from a pool and given back, and who hears of it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/allocations.h"
#include "analyzer/replay/pools.h"
#include "preload/trace/looked.h"

#define WORD        8u    /* bytes: what allocations are put at a multiple of, at least */
#define ALIGNED_MAX 4096u /* bytes that one is put at a multiple of, at most */

static inline uint64_t round_up(const struct process_replay *replayed, const struct pool *pool,
                                uint64_t size)
{
    const uint64_t mask = replayed->aligns[pool->system];
    if (mask && size <= UINT64_MAX - mask)
        return (size + mask) & ~mask;
    const struct recorded_api *recorded = system_of(replayed, pool);
    uint32_t align = recorded ? recorded->api.align : 1;
    uint64_t over = size % align;
    return over && size <= UINT64_MAX - align ? size + (align - over) : size;
}

/* The process has BYTES now. */
static inline void note_peak(struct process *process, uint64_t bytes)
{
    if (bytes <= process->peak_bytes)
        return;
    process->peak_bytes = bytes;
    process->peak_tick = process->tick;
    process->peak_moment++;
}

/* COUNT allocations from POOL, of so many BYTES. */
static inline void count_allocations(struct replay *replay, struct pool *pool, uint64_t count,
                                     uint64_t bytes)
{
    keep_peak(replay->current->process, pool);
    pool->bytes += bytes;
    pool->allocations += count;
    replay->stats->allocations += count;
    replay->stats->traced_bytes += bytes;
    if (pool->state == POOL_ALIVE)
        note_peak(replay->current->process, replay->current->process->bytes += bytes);
}

/* Whether somebody wants to be told of its next allocation. */
static inline bool is_of_interest(const struct replay *replay, const struct pool *pool)
{
    return pool->no_interest_since != replay->generation || pool->allocations >= pool->heard_again;
}

static void lose_interest(const struct replay *replay, struct pool *pool)
{
    pool->no_interest_since = replay->generation;
    pool->heard_again = pool->allocations + OBSERVED_AGAIN;
}

static void notify_alloc(struct replay *replay, struct pool *pool, uint64_t size, uint32_t stack)
{
    bool wanted = false;
    for (size_t i = 0; i < replay->on_alloc.count; i++) {
        const struct replay_observer *observer = replay->on_alloc.items[i];
        wanted |= observer->on_alloc(observer->data, replay->current->process, pool, size, stack);
    }
    if (!wanted)
        lose_interest(replay, pool);
}

/* Where nobody wants looks, one tells now and then whether that is still so. */
static void look(struct replay *replay, struct pool *pool, const struct took *took, uint64_t bytes,
                 uint32_t stack)
{
    bool wanted = false;
    for (size_t i = 0; i < replay->on_look.count && pool->look_at; i++) {
        const struct replay_observer *observer = replay->on_look.items[i];
        wanted |=
            observer->on_look(observer->data, replay->current->process, pool, bytes, stack, took);
    }
    pool->look_at = wanted || !pool->look_at ? trace_looked_again(took->allocations)
                                             : took->allocations + OBSERVED_AGAIN;
}

/* An allocation from POOL, which is counted, is told of. */
static inline void tell_of_alloc(struct replay *replay, struct pool *pool, uint64_t size,
                                 uint64_t bytes, uint32_t stack)
{
    const struct took took = {pool->allocations, pool->bytes};
    if (is_of_interest(replay, pool))
        notify_alloc(replay, pool, size, stack);
    if (pool->allocations >= pool->look_at)
        look(replay, pool, &took, bytes, stack);
}

/* Does the clearing of POOL, under way, take along what EVENT takes from it? */
static inline bool is_cleared_at_once(struct replay *replay, struct pool *pool,
                                      const struct trace_event *event)
{
    return pool->ending && pool->state == POOL_ALIVE &&
           replay_is_clearing(replay, pool, stack_of(replay, event));
}

void replay_alloc(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = find_pool(replay, event);
    if (!pool || is_cleared_at_once(replay, pool, event))
        return;
    const uint64_t bytes = round_up(replay->current, pool, event->size);
    count_allocations(replay, pool, 1, bytes);
    if (pool->state == POOL_ALIVE)
        tell_of_alloc(replay, pool, event->size, bytes, stack_of(replay, event));
}

void replay_take_briefly(struct replay *replay, const struct trace_event *event, struct pool *pool)
{
    struct process_replay *replayed = replay->current;
    const struct trace_allocation *at = event->allocations, *const end = at + event->run;
    struct stack_numbers known = stack_ids_known(replayed->stacks);
    uint64_t bytes = 0;
    replayed->process->tick = event->tick;
    if (event->run == 0) {
        stack_of(replay, event);
        bytes = round_up(replayed, pool, event->size);
    }
    for (at = event->run ? at : end; at != end; at++) {
        uint32_t number = stack_numbers_get(&known, at->stack);
        if (!number && !stack_ids_search(replayed->stacks, at->stack, &number))
            replay->stats->unknown_stacks++;
        bytes += round_up(replayed, pool, at->size);
    }
    const uint64_t count = event->run ? event->run : 1;
    replayed->process->events += count;
    replay->stats->events += count;
    count_allocations(replay, pool, count, bytes);
}

/* The next ones are told as if these had come one by one. */
void replay_took(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = pool_tree_find(&replay->current->tree, event->pool);
    if (pool && pool->state == POOL_DYING && pool->allocations == 0) {
        pool->allocations = event->number; /* which the sums have */
        pool->bytes = event->held;
    }
    if (!pool || pool->state != POOL_ALIVE || event->number == 0)
        return;
    note_seen(replay, pool);
    count_allocations(replay, pool, event->number, event->held);
    replay->current->process->events += event->number;
    uint64_t look_at = 1;
    while (look_at <= pool->allocations && look_at <= event->number)
        look_at = trace_looked_again(look_at);
    lose_interest(replay, pool);
    pool->look_at = look_at;
}

/* What OBJECT took is there no more. */
static void give_back(struct replay *replay, struct object *object, uint32_t stack)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = &replayed->tree.pools[object->pool];
    NOTIFY(replay, on_free, replayed->process, pool, object, stack);
    keep_peak(replayed->process, pool);
    pool->bytes -= object->size;
    replayed->process->bytes -= object->size;
    replay->stats->frees++;
    objects_remove(&replayed->objects, pool, object);
}

/* The pool of a new object: where one was resized, the pool that this was of. */
static struct pool *find_home(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    const uint32_t home = replayed->released_by == event->thread ? replayed->released_in : 0;
    if (!home)
        return find_pool(replay, event);
    replayed->released_in = 0;
    return replayed->tree.pools[home].state == POOL_ALIVE ? &replayed->tree.pools[home]
                                                          : find_pool(replay, event);
}

void replay_object(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = find_home(replay, event);
    if (!pool)
        return;
    uint64_t bytes = round_up(replayed, pool, event->size);
    struct object *there = objects_find(&replayed->objects, event->object);
    uint32_t stack = stack_of(replay, event);
    const bool there_before = pool->inherited && event->stack == TRACE_NO_STACK;
    if (there) /* it was given back without telling */
        give_back(replay, there, stack);
    count_allocations(replay, pool, 1, bytes);
    compare_placed(pool, event->object, bytes);
    if (pool->state != POOL_ALIVE) {
        pool->object_count++;
        return;
    }
    if (event->object) {
        struct object *object = objects_add(&replayed->objects, pool, event->object);
        object->size = bytes;
        object->stack = stack;
        object->unit = replayed->process->unit;
        object->phase = replayed->process->phase;
        object->inherited = there_before;
    }
    if (!there_before)
        tell_of_alloc(replay, pool, event->size, bytes, stack);
}

/* Out of its pool's list: its page is taken, though its pool was not seen to end. */
static void leave_pool(struct process_replay *replayed, const struct guarded *guarded)
{
    const uint32_t number = guarded_number(&replayed->guarded, guarded);
    uint32_t *link = &replayed->tree.pools[guarded->pool].guarded;
    while (*link && *link != number)
        link = &replayed->guarded.items[*link].next;
    if (*link)
        *link = guarded->next;
}

void replay_guarded(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = find_pool(replay, event);
    if (!pool || event->object < GUARDED_PAGE)
        return;
    const uint64_t bytes = round_up(replayed, pool, event->size);
    const uint32_t stack = stack_of(replay, event);
    const struct guarded *before = guarded_find(&replayed->guarded, event->object);
    pool->guarded_bytes += bytes;
    count_allocations(replay, pool, 1, bytes);
    if (pool->state == POOL_ALIVE)
        tell_of_alloc(replay, pool, event->size, bytes, stack);
    if (before && before->pool)
        leave_pool(replayed, before);
    if (before)
        replay_end_sample(replay, before);
    struct guarded *guarded = guarded_put(&replayed->guarded, event->object);
    guarded->size = event->size;
    guarded->stack = stack;
    guarded->pool = pool->number;
    guarded->unit = replayed->process->unit;
    guarded->next = pool->guarded;
    pool->guarded = guarded_number(&replayed->guarded, guarded);
}

/* Is ADDRESS in an object that begins before it? So a library gives what is to lie at a multiple of
 * much, behind a header: when it gets that back, it gives back the whole by itself. */
static bool is_within_object(const struct objects *objects, uint64_t address)
{
    const uint64_t multiple = address & -address;
    const uint64_t most = WORD + (multiple < ALIGNED_MAX ? multiple : ALIGNED_MAX);
    for (uint64_t before = WORD; before <= most && before < address; before += WORD) {
        const struct object *object = objects_find(objects, address - before);
        if (object)
            return object->size > before;
    }
    return false;
}

/* Did the process, or one that it was forked from, run before it was recorded? What it took until
 * then nobody saw. */
static bool ran_before(const struct process *process)
{
    while (process && !(process->header && process->header->attached_tick))
        process = process->parent;
    return process != NULL;
}

/* What is given back was there before. It is of POOL, or of another one where the system tells the
 * pool of an object by nothing but who took it. */
static void note_unseen(struct process_replay *replayed, struct pool *pool)
{
    pool->unseen_given_back |= pool->adopted;
    replayed->unseen_given_back = true;
}

void replay_free(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = find_pool(replay, event);
    if (!pool)
        return;
    if (pool->state != POOL_ALIVE) { /* its objects are counted only */
        pool->object_count -= pool->object_count > 0;
        return;
    }
    struct object *object = objects_find(&replay->current->objects, event->object);
    if (event->kind == TRACE_EVENT_RELEASE) {
        replay->current->released_by = event->thread;
        replay->current->released_in = object ? object->pool : 0;
    }
    if (object)
        give_back(replay, object, stack_of(replay, event));
    else if (pool->adopted || ran_before(replay->current->process))
        note_unseen(replay->current, pool);
    else if (!is_within_object(&replay->current->objects, event->object))
        replay->stats->unknown_objects++;
}

struct pool *replay_unobserved_pool(struct replay *replay, const struct trace_event *run)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = pool_tree_last(&replayed->tree, run->pool);
    bool unobserved = pool && pool->no_interest_since == replay->generation &&
                      pool->allocations + 1 < pool->heard_again && pool->state == POOL_ALIVE &&
                      replay->on_event.count == 0;
    if (!unobserved)
        return NULL;
    const struct recorded_api *recorded = system_of(replayed, pool);
    return !recorded || replayed->aligns[pool->system] || recorded->api.align == 1 ? pool : NULL;
}

/* Up to COUNT allocations, but not beyond the next that is looked at: that is the last. How many.
 */
static size_t take_unobserved(struct replay *replay, struct pool *pool, struct took *took,
                              const struct trace_allocation *allocations, size_t count)
{
    struct process_replay *replayed = replay->current;
    const uint64_t align = replayed->aligns[pool->system];
    const uint64_t before =
        took->allocations + 1 < pool->look_at ? pool->look_at - took->allocations : 1;
    const size_t some = count < before ? count : (size_t)before;
    struct stack_numbers known = stack_ids_known(replayed->stacks);
    uint64_t bytes = 0;
    uint32_t number = 0;
    for (const struct trace_allocation *at = allocations; at != allocations + some; at++) {
        bytes += (at->size + align) & ~align;
        number = stack_numbers_get(&known, at->stack);
        if (number)
            continue;
        if (!stack_ids_search(replayed->stacks, at->stack, &number))
            replay->stats->unknown_stacks++;
        known = stack_ids_known(replayed->stacks);
    }
    took->bytes += bytes;
    took->allocations += some;
    if (took->allocations >= pool->look_at)
        look(replay, pool, took, (allocations[some - 1].size + align) & ~align, number);
    return some;
}

void replay_unobserved(struct replay *replay, const struct trace_event *run, struct pool *pool,
                       const struct trace_allocation *allocations, size_t count)
{
    struct process *process = replay->current->process;
    struct took took = {pool->allocations, pool->bytes};
    process->tick = run->tick;
    for (size_t i = 0; i < count;)
        i += take_unobserved(replay, pool, &took, allocations + i, count - i);
    note_seen(replay, pool);
    process->events += count;
    replay->stats->events += count;
    count_allocations(replay, pool, count, took.bytes - pool->bytes);
}
