/* brief_look.c - looks ahead to the end of a pool that is made; see brief_look.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/brief_look.h"

#include "analyzer/symbols/stack_ids.h"

#define EVENTS_MOST 64 /* from the making of the first to its end */
#define FEW         15 /* allocations, where those of other pools are given back by themselves */

/* A pool that was made among the events that are looked at, and has not ended yet. */
struct open_pool {
    uint64_t address;
    uint32_t created, tag; /* stack; string: its first name, 0: none yet */
    uint32_t allocations, most;
};

struct look {
    struct replay *replay;
    unsigned followers; /* see struct brief_kind */
    unsigned depth;
    struct open_pool open[BRIEF_DEPTH];
};

/* How many allocations a brief pool of API has at most; 0: none is brief. */
static uint8_t most_of_api(const struct api *api)
{
    bool frees = false;
    for (unsigned i = 0; i < api->function_count; i++)
        frees |= api->functions[i].role == API_FREE;
    return api_has_objects(api) ? 0 : frees ? FEW : BRIEF_ALLOCATIONS;
}

static uint32_t most_of(struct process_replay *replayed, uint32_t system)
{
    if (system >= systems_count(replayed))
        return 0;
    const struct api *api = &replayed->systems->apis[system]->api;
    struct brief_system *known = &replayed->brief.systems[system];
    if (known->api != api)
        *known = (struct brief_system){api, most_of_api(api)};
    return known->most;
}

static inline struct open_pool *find_open(struct look *look, uint64_t address)
{
    for (unsigned i = look->depth; i > 0; i--)
        if (look->open[i - 1].address == address)
            return &look->open[i - 1];
    return NULL;
}

static inline bool is_alive(struct look *look, uint64_t address)
{
    if (find_open(look, address))
        return true;
    const struct pool *pool = pool_tree_last(&look->replay->current->tree, address);
    return pool && pool->state == POOL_ALIVE;
}

static inline bool see_create(struct look *look, const struct trace_event *event)
{
    struct process_replay *replayed = look->replay->current;
    const struct pool *old = pool_tree_last(&replayed->tree, event->pool);
    const struct stack_numbers known = stack_ids_known(replayed->stacks);
    const uint32_t created = stack_numbers_get(&known, event->stack);
    const uint32_t most = most_of(replayed, event->system);
    if (look->depth == BRIEF_DEPTH || !event->pool || !created || !most ||
        (old && old->state != POOL_GONE) || find_open(look, event->pool) ||
        !is_alive(look, event->parent))
        return false;
    look->open[look->depth++] = (struct open_pool){event->pool, created, 0, 0, most};
    return true;
}

/* Its first name must be one: that tells its role. */
static inline bool see_name(struct look *look, const struct trace_event *event)
{
    struct open_pool *pool = find_open(look, event->pool);
    if (!pool || pool->tag)
        return pool;
    pool->tag = replay_tag(look->replay, event);
    return pool->tag;
}

static inline bool see_alloc(struct look *look, const struct trace_event *event)
{
    struct open_pool *pool = find_open(look, event->pool);
    if (pool)
        pool->allocations += event->run ? event->run : 1;
    return !pool || pool->allocations <= pool->most;
}

static inline bool see_destroy(struct look *look, const struct trace_event *event)
{
    struct process_replay *replayed = look->replay->current;
    const struct open_pool *pool = &look->open[--look->depth];
    const struct brief_kind *kind =
        brief_find_kind(&replayed->brief, pool->created, pool->tag, replayed->process->unit.kind);
    look->followers += kind && kind->follows;
    return pool->address == event->pool && kind && look->followers <= 1;
}

static inline bool see(struct look *look, const struct trace_event *event)
{
    switch (event->kind) {
    case TRACE_EVENT_CREATE:
        return see_create(look, event);
    case TRACE_EVENT_NAME:
        return see_name(look, event);
    case TRACE_EVENT_ALLOC:
        return see_alloc(look, event);
    case TRACE_EVENT_DESTROY:
        return see_destroy(look, event);
    default:
        return event->kind == TRACE_EVENT_WITH;
    }
}

const struct trace_event *brief_look(struct replay *replay, const struct trace_event *event,
                                     const struct trace_event *end)
{
    const struct process_replay *replayed = replay->current;
    const uint32_t thread = replayed->process->thread;
    const uint64_t moment_ends = replayed->moment_ends;
    struct look look;
    look.replay = replay;
    look.followers = look.depth = 0;
    if (end - event > EVENTS_MOST)
        end = event + EVENTS_MOST;
    while (event < end && event->thread == thread && event->tick < moment_ends &&
           see(&look, event)) {
        event++;
        if (look.depth == 0)
            return event;
    }
    return NULL;
}
