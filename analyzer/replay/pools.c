/* pools.c - how pools begin, end, move and get names, and who hears of it. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/pools.h"
#include "analyzer/symbols/stacks.h"

/* Is the thread of the current event the one that began to end POOL? A child goes on with what the
 * thread that forked it had begun, and whose handler interrupted the recorder nobody knows. */
static bool is_by_same_thread(const struct replay *replay, const struct pool *pool)
{
    const uint32_t thread = replay->current->process->thread;
    return thread == pool->ending_thread || !thread || !pool->ending_thread || pool->inherited;
}

/* Is POOL still being destroyed or cleared by a call that STACK is in? */
static bool is_within_end(const struct replay *replay, const struct pool *pool, uint32_t stack)
{
    return is_by_same_thread(replay, pool) &&
           pool_tree_may_be_ending(&replay->current->tree, pool) &&
           stacks_within(replay->recording->stacks, stack, pool->ending);
}

/* The same of POOL, which is not alive. */
static bool is_ending(const struct replay *replay, const struct pool *pool, uint32_t stack)
{
    return !stack || !pool->ending /* nobody knows */ || is_within_end(replay, pool, stack);
}

bool replay_is_clearing(const struct replay *replay, struct pool *pool, uint32_t stack)
{
    if (stack && is_within_end(replay, pool, stack))
        return true;
    pool->ending = 0;
    return false;
}

/* POOL ends with TOP, or is TOP and cleared, by a call of the current thread from STACK. */
static void note_ending(const struct replay *replay, struct pool *pool, const struct pool *top,
                        uint32_t stack)
{
    pool->ending = stack;
    pool->ending_thread = replay->current->process->thread;
    pool->ending_serial = top->serial;
}

/* TOP begins to end, or to be cleared. */
static void begin_ending(struct replay *replay, struct pool *top, uint32_t stack)
{
    struct process_replay *replayed = replay->current;
    pool_tree_begin_ending(&replayed->tree, top, replayed->process->thread, stack);
    note_ending(replay, top, top, stack);
}

/* Has POOL ended inside the call that now tells, at STACK, that it has? What destroys a pool may
 * find its destruction under way, and leave it to that. */
static bool is_same_end(const struct replay *replay, const struct pool *pool, uint32_t stack)
{
    const struct recorded_api *recorded = system_of(replay->current, pool);
    return stack && recorded && api_ends_late(&recorded->api) &&
           stacks_within(replay->recording->stacks, pool->destroyed, stack);
}

void replay_stale(struct replay *replay, const struct trace_event *event, const struct pool *pool)
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

/* POOL and all below it end; what is below stays known, dying, until its own end is seen. */
static void end_pools(struct replay *replay, struct pool *top, bool top_too, uint32_t stack)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = top_too ? top : pool_tree_next(&replayed->tree, top, top);
    begin_ending(replay, top, stack);
    for (; pool; pool = pool_tree_next(&replayed->tree, top, pool)) {
        pool->destroyed = stack;
        note_ending(replay, pool, top, stack);
        NOTIFY(replay, on_destroy, replayed->process, pool, top, stack);
        replay_end_guarded(replay, pool, stack, false);
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
    replay_end_guarded(replay, pool, pool->destroyed, false); /* its cleanups may have taken some */
    pool_tree_remove(&replayed->tree, pool);
}

void replay_make_room(struct replay *replay, uint64_t address)
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

/* Was the pool that is told of there when recording began, in a program that ran? */
static bool was_there(const struct process_replay *replayed, const struct trace_event *event)
{
    return event->kind == TRACE_EVENT_ADOPT &&
           event->tick <= replayed->member->header.attached_tick;
}

struct pool *replay_add_pool(struct replay *replay, const struct trace_event *event,
                             const struct pool *parent, uint32_t stack, uint32_t system)
{
    struct process_replay *replayed = replay->current;
    uint32_t below = parent && parent->state == POOL_ALIVE ? parent->number : 0;
    struct pool *pool = pool_tree_add(&replayed->tree, event->pool, below);
    pool->created = stack;
    pool->created_tick = event->tick;
    if (event->kind == TRACE_EVENT_SURVIVOR)
        pool->created_tick -= event->ago < event->tick ? event->ago : event->tick;
    pool->adopted = event->kind == TRACE_EVENT_ADOPT;
    note_seen(replay, pool);
    pool->born = replayed->process->unit;
    pool->system = system < systems_count(replayed) ? (uint8_t)system : 0;
    replayed->process->pools++;
    pool->inherited = was_there(replayed, event);
    return pool;
}

/* The same, and observers are told. */
static struct pool *make_pool(struct replay *replay, const struct trace_event *event,
                              const struct pool *parent, uint32_t stack, uint32_t system)
{
    struct pool *pool = replay_add_pool(replay, event, parent, stack, system);
    if (!pool->inherited)
        NOTIFY(replay, on_create, replay->current->process, pool);
    return pool;
}

void replay_create(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    const struct pool *parent = pool_tree_last(&replayed->tree, event->parent);
    if (parent && parent->state != POOL_ALIVE)
        replay_stale(replay, event, parent);
    if (event->pool == 0) /* the program was out of memory */
        return;
    replay->stats->unknown_parents += event->parent && !parent;
    replay_make_room(replay, event->pool);
    replay->stats->creates++;
    make_pool(replay, event, parent, stack_of(replay, event), event->system);
}

/* It may have been told of before, by who did not get to keep that in mind. */
void replay_survivor(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    const struct pool *old = pool_tree_find(tree, event->pool);
    if (old && old->state == POOL_ALIVE)
        return;
    const struct pool *parent = pool_tree_last(tree, event->adopted_below);
    replay->stats->unknown_parents += event->adopted_below && !parent;
    replay_make_room(replay, event->pool);
    replay->stats->creates++;
    parent = pool_tree_last(tree, event->adopted_below);
    /* Between it and the one before came others, which nobody tells of. */
    const uint64_t serial = (uint64_t)replay->current->process->last.serial + event->made;
    const bool counted = event->made && serial <= UINT32_MAX / 2;
    if (counted && serial > tree->serial)
        tree->serial = (uint32_t)serial - 1;
    struct pool *pool =
        make_pool(replay, event, parent, stack_of(replay, event), event->adopted_system);
    pool->order = counted ? (uint32_t)serial : pool->order;
}

/* A pool that was seen is as it was seen. Where one has ended there is another only if it looks
 * like a pool: what holds it may be stale. */
void replay_adopt(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    const struct pool *old = pool_tree_last(tree, event->pool);
    const bool holds = event->used != UINT64_MAX;
    if (old && (old->state != POOL_GONE || !holds))
        return;
    const struct pool *parent = pool_tree_find(tree, event->adopted_below);
    struct pool *pool = make_pool(replay, event, parent, 0, event->adopted_system);
    pool->bytes = holds ? event->used : 0;
    pool->inherited_bytes = pool->inherited ? pool->bytes : 0;
    replay->current->process->bytes += pool->bytes;
    replay->stats->adopted += !pool->inherited;
    replay->stats->there_before += pool->inherited;
}

void replay_destroy(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = find_pool(replay, event);
    if (!pool)
        return;
    uint32_t stack = stack_of(replay, event);
    replay->stats->destroys++;
    compare_used(replay, pool, event->used);
    replay_learn_capacity(replay, pool, event->capacity);
    if (pool->state == POOL_ALIVE) {
        brief_learn(replay, pool);
        end_pools(replay, pool, true, stack);
    } else {
        begin_ending(replay, pool, stack);
    }
    forget(replay, pool);
}

/* With the pools made in it or, at RESET, without them. */
void replay_clear(struct replay *replay, const struct trace_event *event)
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
        replay_end_guarded(replay, pool, stack, true);
        if (event->kind == TRACE_EVENT_CLEAR)
            end_pools(replay, pool, false, stack);
        else
            begin_ending(replay, pool, stack);
        pool->no_interest_since = 0; /* its cleanups may take some, one by one */
        replayed->process->bytes -= pool->bytes;
        objects_drop(&replayed->objects, pool);
    }
    keep_peak(replayed->process, pool);
    pool->bytes = 0;
    pool->capacity = UINT64_MAX; /* some blocks may have gone */
    compare_emptied(pool);
}

static struct pool *still_alive(const struct pool_tree *tree, struct pool_life of)
{
    struct pool *pool = &tree->pools[of.number];
    return pool->serial == of.serial && pool->state == POOL_ALIVE ? pool : NULL;
}

/* POOL was put below PARENT, which is below it, as where the two change places: that makes a ring,
 * out of the tree, until PARENT goes elsewhere. */
static void note_loop(struct replay *replay, const struct pool *pool, const struct pool *parent)
{
    struct process_replay *replayed = replay->current;
    replay_end_loop(replay);
    replayed->loop_top = (struct pool_life){pool->number, pool->serial};
    replayed->loop_below = (struct pool_life){parent->number, parent->serial};
}

/* A pool was moved, and may have opened the ring. */
static void close_loop(struct replay *replay)
{
    struct process_replay *replayed = replay->current;
    if (!replayed->loop_top.number)
        return;
    struct pool *top = still_alive(&replayed->tree, replayed->loop_top);
    const struct pool *below = still_alive(&replayed->tree, replayed->loop_below);
    if (top && below && pool_tree_move(&replayed->tree, top, below->number))
        replayed->loop_top.number = 0;
    else if (!top || !below)
        replay_end_loop(replay);
}

void replay_end_loop(struct replay *replay)
{
    replay->stats->unknown_parents += replay->current->loop_top.number > 0;
    replay->current->loop_top.number = 0;
}

void replay_move(struct replay *replay, const struct trace_event *event)
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
    if (!known || pool == parent)
        replay->stats->unknown_parents++;
    else if (pool_tree_move(tree, pool, parent ? parent->number : 0))
        close_loop(replay);
    else
        note_loop(replay, pool, parent);
}

/* Nothing moves that an observer cares for: what is above it ends. */
void replay_orphan(struct replay *replay, const struct trace_event *event)
{
    struct pool_tree *tree = &replay->current->tree;
    struct pool *pool = find_pool(replay, event);
    while (pool && pool->state == POOL_ALIVE && pool->first_child)
        pool_tree_move(tree, &tree->pools[pool->first_child], 0);
}

void replay_relocate(struct replay *replay, const struct trace_event *event)
{
    struct pool *pool = find_pool(replay, event);
    if (!pool || pool->state != POOL_ALIVE || !event->object || event->object == pool->address)
        return;
    uint32_t number = pool->number;
    replay_make_room(replay, event->object);
    if (replay->current->tree.pools[number].state == POOL_ALIVE)
        pool_tree_relocate(&replay->current->tree, number, event->object, stack_of(replay, event));
}

void replay_name(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    struct pool *pool = pool_tree_last(&replayed->tree, event->pool);
    const uint64_t last_tick = pool ? pool->last_tick : 0;
    const struct unit last_unit = pool ? pool->last_unit : (struct unit){0};
    pool = check_pool(replay, event, pool);
    if (!pool)
        return;
    const uint32_t tag = replay_tag_with_first(replay, pool, replay_tag(replay, event));
    if (tag ==
        pool->tag) { /* the recorder may tell it again, as it reads it: the pool is not used */
        pool->last_tick = last_tick;
        pool->last_unit = last_unit;
    }
    pool->tag = tag;
    if (!pool->first_tag) {
        pool->first_tag = pool->tag;
        replayed->brief.era += pool->had_pools; /* their roles may be others now */
    }
    if (pool->state == POOL_ALIVE)
        NOTIFY(replay, on_name, replayed->process, pool);
}
