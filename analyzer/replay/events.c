/* events.c - what each event does to the pool tree, and who hears of it. */
#include "analyzer/replay/internal.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

static inline uint32_t stack_of(struct replay *replay, const struct trace_event *event)
{
    uint32_t number;
    if (!stack_ids_number(replay->current->stacks, event->stack, &number))
        replay->stats->unknown_stacks++;
    return number;
}

/* Is POOL, which is not alive, still being destroyed by a call that STACK is in? */
static bool is_ending(const struct replay *replay, const struct pool *pool, uint32_t stack)
{
    if (!stack || !pool->ending) /* nobody knows */
        return true;
    return pool_tree_may_be_ending(&replay->current->tree, pool) &&
           stacks_within(replay->recording->stacks, stack, pool->ending);
}

/* Has POOL ended inside the call that now tells, at STACK, that it has? What destroys a pool may
 * find its destruction under way, and leave it to that. */
static bool is_same_end(const struct replay *replay, const struct pool *pool, uint32_t stack)
{
    const struct recorded_api *recorded = system_of(replay->current, pool);
    return stack && recorded && api_ends_late(&recorded->api) &&
           stacks_within(replay->recording->stacks, pool->destroyed, stack);
}

/* EVENT is on POOL, which is not alive; NULL: it was never seen. */
static void stale(struct replay *replay, const struct trace_event *event, const struct pool *pool)
{
    uint32_t stack = stack_of(replay, event);
    /* Whatever a cleanup does, it must not destroy the pool that it is the cleanup of. */
    bool again = event->kind == TRACE_EVENT_DESTROY;
    if (pool && (again ? is_same_end : is_ending)(replay, pool, stack))
        return;
    replay->stats->stale++;
    replay->stats->unknown_pools += !pool;
    if (pool)
        NOTIFY(replay, on_stale, replay->current->process, event, pool, stack);
}

static inline void note_seen(const struct replay *replay, struct pool *pool)
{
    pool->last_tick = replay->current->process->tick;
    pool->last_unit = replay->current->process->unit;
}

/* The pool that EVENT is on; NULL, and told of, when it is gone or was never seen. */
static inline struct pool *find_pool(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = pool_tree_last(&replay->current->tree, event->pool);
    if (pool && pool->state == POOL_ALIVE) {
        note_seen(replay, pool);
        return pool;
    }
    if (!pool || pool->state == POOL_GONE || event->kind != TRACE_EVENT_DESTROY)
        stale(replay, event, pool);
    return pool && pool->state == POOL_DYING ? pool : NULL;
}

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

/* Before the bytes of POOL change: what they were at the worst moment so far stays known. */
static inline void keep_peak(const struct process *process, struct pool *pool)
{
    if (pool->peak_moment == process->peak_moment)
        return;
    pool->peak_bytes = pool->bytes;
    pool->peak_moment = process->peak_moment;
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
    /* Not in step with a program that takes from several places in turn. */
    const uint64_t some = (pool->allocations * UINT64_C(0x9e3779b97f4a7c15)) >> 59;
    pool->no_interest_since = replay->generation;
    pool->heard_again = pool->allocations + OBSERVED_AGAIN / 2 + some;
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

static void on_alloc(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = find_pool(replay, event);
    if (!pool)
        return;
    count_allocations(replay, pool, 1, round_up(replay->current, pool, event->size));
    if (pool->state == POOL_ALIVE) {
        uint32_t stack = stack_of(replay, event);
        if (is_of_interest(replay, pool))
            notify_alloc(replay, pool, event->size, stack);
    }
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

static void on_object(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = find_home(replay, event);
    if (!pool)
        return;
    uint64_t bytes = round_up(replayed, pool, event->size);
    struct object *there = objects_find(&replayed->objects, event->object);
    uint32_t stack = stack_of(replay, event);
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
    }
    if (is_of_interest(replay, pool))
        notify_alloc(replay, pool, event->size, stack);
}

static void on_free(struct replay *replay, const struct trace_event *event)
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
    replay->stats->unknown_objects += !object;
}

/* POOL and all below it end; what is below stays known, dying, until its own end is seen. */
static void end_pools(struct replay *replay, struct pool *top, bool top_too, uint32_t stack)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = top_too ? top : pool_tree_next(&replayed->tree, top, top);
    pool_tree_begin_ending(&replayed->tree, top, stack);
    for (; pool; pool = pool_tree_next(&replayed->tree, top, pool)) {
        pool->destroyed = pool->ending = stack;
        pool->ending_serial = top->serial;
        NOTIFY(replay, on_destroy, replayed->process, pool, top, stack);
        replayed->process->pools--;
        replayed->process->bytes -= pool->bytes;
        objects_drop(&replayed->objects, pool);
    }
    pool_tree_orphan(&replayed->tree, top);
}

static void forget(struct replay *replay, struct pool *pool)
{
    struct process_replay *replayed = replay->current;
    if (pool->root && replayed->roots[pool->root - 1] == pool->number)
        replayed->roots[pool->root - 1] = 0;
    pool_tree_remove(&replayed->tree, pool);
}

/* Makes room for a new pool at ADDRESS: one that is there has ended without telling. */
static void make_room(struct replay *replay, uint64_t address)
{
    struct pool *old = pool_tree_find(&replay->current->tree, address);
    if (!old)
        return;
    if (old->state == POOL_ALIVE) {
        replay->stats->recreated++;
        end_pools(replay, old, true, 0);
    }
    forget(replay, old);
}

/* A new pool at ADDRESS, where there is none, made at STACK below PARENT, if that is alive. */
static struct pool *make_pool(struct replay *replay, const struct trace_event *event,
                              const struct pool *parent, uint32_t stack, uint32_t system)
{
    struct process_replay *replayed = replay->current;
    uint32_t below = parent && parent->state == POOL_ALIVE ? parent->number : 0;
    struct pool *pool = pool_tree_add(&replayed->tree, event->pool, below);
    pool->created = stack;
    pool->created_tick = event->tick;
    note_seen(replay, pool);
    pool->born = replayed->process->unit;
    pool->system = system < systems_count(replayed) ? (uint8_t)system : 0;
    replayed->process->pools++;
    NOTIFY(replay, on_create, replayed->process, pool);
    return pool;
}

static void on_create(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    const struct pool *parent = pool_tree_last(&replayed->tree, event->parent);
    if (parent && parent->state != POOL_ALIVE)
        stale(replay, event, parent);
    if (event->pool == 0) /* the program was out of memory */
        return;
    replay->stats->unknown_parents += event->parent && !parent;
    make_room(replay, event->pool);
    replay->stats->creates++;
    make_pool(replay, event, parent, stack_of(replay, event), event->system);
}

/* A pool that was seen is as it was seen. Where one has ended there is another only if it looks
 * like a pool: what holds it may be stale. */
static void on_adopt(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    const struct pool *old = pool_tree_last(tree, event->pool);
    const bool holds = event->used != UINT64_MAX;
    if (old && (old->state != POOL_GONE || !holds))
        return;
    const struct pool *parent = pool_tree_find(tree, event->adopted_below);
    struct pool *pool = make_pool(replay, event, parent, 0, event->adopted_system);
    pool->bytes = holds ? event->used : 0;
    pool->adopted = true;
    replay->current->process->bytes += pool->bytes;
    replay->stats->adopted++;
}

static void on_destroy(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = find_pool(replay, event);
    if (!pool)
        return;
    uint32_t stack = stack_of(replay, event);
    replay->stats->destroys++;
    compare_used(replay, pool, event->used);
    replay_learn_capacity(replay, pool, event->capacity);
    if (pool->state == POOL_ALIVE) {
        end_pools(replay, pool, true, stack);
    } else {
        pool_tree_begin_ending(&replay->current->tree, pool, stack);
        pool->ending = stack;
        pool->ending_serial = pool->serial;
    }
    forget(replay, pool);
}

/* With the pools made in it or, at RESET, without them. */
static void on_clear(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = find_pool(replay, event);
    if (!pool)
        return;
    compare_used(replay, pool, event->used);
    replay_learn_capacity(replay, pool, event->capacity);
    if (pool->state == POOL_ALIVE) {
        uint32_t stack = stack_of(replay, event);
        NOTIFY(replay, on_clear, replayed->process, pool, stack);
        if (event->kind == TRACE_EVENT_CLEAR)
            end_pools(replay, pool, false, stack);
        replayed->process->bytes -= pool->bytes;
        objects_drop(&replayed->objects, pool);
    }
    keep_peak(replayed->process, pool);
    pool->bytes = 0;
    pool->capacity = UINT64_MAX; /* some blocks may have gone */
    compare_emptied(pool);
}

static void on_move(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    struct pool *pool = find_pool(replay, event);
    struct pool *parent = pool_tree_find(tree, event->parent);
    if (!pool || pool->state != POOL_ALIVE)
        return;
    bool known = event->parent == 0 || (parent && parent->state == POOL_ALIVE);
    if (known) {
        NOTIFY(replay, on_move, replay->current->process, pool, parent);
        pool->no_interest_since = 0;
    }
    bool moved = known && pool_tree_move(tree, pool, parent ? parent->number : 0);
    replay->stats->unknown_parents += !moved;
}

/* Nothing moves that an observer cares for: what is above it ends. */
static void on_orphan(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    struct pool *pool = find_pool(replay, event);
    while (pool && pool->state == POOL_ALIVE && pool->first_child)
        pool_tree_move(tree, &tree->pools[pool->first_child], 0);
}

static uint32_t intern_tag(struct recording *recording, const struct trace_event *event)
{
    pthread_mutex_lock(&recording->lock);
    uint32_t tag = strings_intern(&recording->strings, event->name, event->name_length);
    pthread_mutex_unlock(&recording->lock);
    return tag;
}

static void on_relocate(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = find_pool(replay, event);
    if (!pool || pool->state != POOL_ALIVE || !event->object || event->object == pool->address)
        return;
    uint32_t number = pool->number;
    make_room(replay, event->object);
    if (replay->current->tree.pools[number].state == POOL_ALIVE)
        pool_tree_relocate(&replay->current->tree, number, event->object, stack_of(replay, event));
}

static uint32_t tag_of(struct replay *replay, const struct trace_event *event)
{
    if (event->name_id == TRACE_NO_NAME)
        return intern_tag(replay->recording, event);
    uint32_t *known = &replay->current->tags[event->name_id];
    if (*known == 0)
        *known = intern_tag(replay->recording, event) + 1;
    return *known - 1;
}

static void on_name(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = find_pool(replay, event);
    if (!pool)
        return;
    pool->tag = tag_of(replay, event);
    if (!pool->first_tag)
        pool->first_tag = pool->tag;
    if (pool->state == POOL_ALIVE)
        NOTIFY(replay, on_name, replayed->process, pool);
}

/* A pool that the program has and the record has not counts as one of which nothing was seen. */
static void on_survey(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = pool_tree_find(&replay->current->tree, event->pool);
    compare_used(replay, pool, event->used);
    if (pool)
        replay_learn_capacity(replay, pool, event->capacity);
}

static void on_root(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    if (!api_set_root(replay_apis(replay), event->number))
        return;
    uint32_t *held = &replayed->roots[event->number];
    if (*held)
        replayed->tree.pools[*held].root = 0;
    struct pool *pool = pool_tree_find(&replayed->tree, event->pool);
    *held = pool ? pool->number : 0;
    if (!pool)
        return;
    if (pool->root)
        replayed->roots[pool->root - 1] = 0;
    pool->root = (uint8_t)(event->number + 1);
}

static void on_end(struct replay *replay, const struct trace_event *event)
{
    replay->current->process->ended = true;
    replay->current->process->exit_status = (int)(event->number & 0xff);
}

/* A call of the program's on a pool. What the recorder itself reads, an adopted pool's name, is
 * none: it has no backtrace. */
static bool is_pool_event(const struct trace_event *event)
{
    const enum trace_event_kind kind = event->kind;
    if (kind == TRACE_EVENT_NAME)
        return event->stack != TRACE_NO_STACK;
    return kind < TRACE_EVENT_NAME || kind == TRACE_EVENT_OBJECT ||
           (kind >= TRACE_EVENT_FREE && kind <= TRACE_EVENT_ORPHAN) || kind == TRACE_EVENT_RELEASE;
}

static void replay_single(struct replay *replay, const struct trace_event *event)
{
    static void (*const apply[])(struct replay *, const struct trace_event *) = {
        [TRACE_EVENT_ALLOC] = on_alloc,
        [TRACE_EVENT_CREATE] = on_create,
        [TRACE_EVENT_DESTROY] = on_destroy,
        [TRACE_EVENT_NAME] = on_name,
        [TRACE_EVENT_CLEAR] = on_clear,
        [TRACE_EVENT_MARK] = replay_mark,
        [TRACE_EVENT_ROOT] = on_root,
        [TRACE_EVENT_FORK] = replay_fork,
        [TRACE_EVENT_SURVEY] = on_survey,
        [TRACE_EVENT_END] = on_end,
        [TRACE_EVENT_OBJECT] = on_object,
        [TRACE_EVENT_FREE] = on_free,
        [TRACE_EVENT_MOVE] = on_move,
        [TRACE_EVENT_RESET] = on_clear,
        [TRACE_EVENT_RELOCATE] = on_relocate,
        [TRACE_EVENT_ORPHAN] = on_orphan,
        [TRACE_EVENT_ADOPT] = on_adopt,
        [TRACE_EVENT_FOUND] = compare_found,
        [TRACE_EVENT_LARGE] = compare_told_large,
        [TRACE_EVENT_RELEASE] = on_free,
        [TRACE_EVENT_WALK] = replay_walk,
        [TRACE_EVENT_UNREACHABLE] = replay_unreachable,
        [TRACE_EVENT_DANGLING] = replay_dangling,
    };
    struct process *process = replay->current->process;
    process->tick = event->tick;
    NOTIFY(replay, on_event, process, event);
    replay->stats->events++;
    bool on_pool = is_pool_event(event);
    process->events += on_pool;
    apply[event->kind](replay, event);
    if (!on_pool)
        next_generation(replay);
}

/* The pool of RUN if nobody wants to be told more than how much is taken from it; else NULL. */
static struct pool *unobserved_pool(struct replay *replay, const struct trace_event *run)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = pool_tree_last(&replayed->tree, run->pool);
    bool unobserved = pool && !is_of_interest(replay, pool) && pool->state == POOL_ALIVE &&
                      replay->on_event.count == 0;
    if (!unobserved)
        return NULL;
    const struct recorded_api *recorded = system_of(replayed, pool);
    return !recorded || replayed->aligns[pool->system] || recorded->api.align == 1 ? pool : NULL;
}

static struct trace_event event_of_run(const struct trace_event *run,
                                       const struct trace_allocation *allocation)
{
    return (struct trace_event){.kind = TRACE_EVENT_ALLOC,
                                .thread = run->thread,
                                .stack = allocation->stack,
                                .tick = run->tick,
                                .pool = run->pool,
                                .size = allocation->size};
}

/* COUNT allocations of RUN, whose pool is of no interest: as replay_single() does with each. */
static void replay_unobserved(struct replay *replay, const struct trace_event *run,
                              struct pool *pool, const struct trace_allocation *allocations,
                              size_t count)
{
    struct process_replay *replayed = replay->current;
    uint64_t align = replayed->aligns[pool->system], bytes = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t number;
        bytes += (allocations[i].size + align) & ~align;
        if (!stack_ids_number(replayed->stacks, allocations[i].stack, &number))
            replay->stats->unknown_stacks++;
    }
    replayed->process->tick = run->tick;
    note_seen(replay, pool);
    replayed->process->events += count;
    replay->stats->events += count;
    count_allocations(replay, pool, count, bytes);
}

void replay_event(struct replay *replay, const struct trace_event *event)
{
    if (event->thread != replay->current->process->thread)
        replay_turn(replay, event->thread);
    if (event->tick >= replay->current->moment_ends)
        replay_begin_moment(replay, event->tick);
    if (event->kind != TRACE_EVENT_ALLOC || event->run == 0) {
        replay_single(replay, event);
        return;
    }
    for (uint32_t i = 0; i < event->run;) {
        struct pool *pool = unobserved_pool(replay, event);
        if (pool) {
            const uint64_t heard = pool->heard_again - pool->allocations;
            const uint32_t left = event->run - i, count = left < heard ? left : (uint32_t)heard;
            replay_unobserved(replay, event, pool, event->allocations + i, count);
            i += count;
            continue;
        }
        struct trace_event single = event_of_run(event, &event->allocations[i++]);
        replay_single(replay, &single);
    }
}
