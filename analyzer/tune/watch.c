/* watch.c - gives a recording's events to the simulated heaps of its processes; see watch.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/tune/watch.h"

#include "analyzer/replay/recording.h"
#include "analyzer/symbols/stacks.h"
#include "analyzer/symbols/symbols.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

enum { NOT_EXACT = 1, EXACT };

#define LABELS_ASKED 16 /* pools of a place, for their label */

/* A process that is being replayed, or waits for one that it has forked. */
struct watched {
    struct watched *parent;
    const struct process *process;
    struct tune_process *pools;
};

struct watcher {
    struct tune_watch *watch;
    struct recording *recording;
    struct keymap exact; /* by stack, + 1: is its allocation one that gets no larger a block? */
    struct replay *replay;
    struct watched *current;
};

static bool is_added(const struct watcher *watcher)
{
    const int32_t pid = watcher->watch->pid;
    return pid == 0 || watcher->current->process->pid == pid;
}

/* What the pool holds by each setting. */
static void add_held(const struct watcher *watcher, uint32_t number)
{
    const struct tune_process *pools = watcher->current->pools;
    struct tune_watch *watch = watcher->watch;
    for (unsigned i = 0; i < watch->setting_count; i++) {
        const uint32_t place = watch->settings[i].place;
        if (!place || place == pools->pools[number].place)
            watch->held[i] += heap_held(&pools->heaps[i], number);
    }
}

static void add_ended(void *data, uint32_t number, uint64_t held)
{
    const struct watcher *watcher = data;
    const struct tune_pool *pool = &watcher->current->pools->pools[number];
    struct tune *tune = watcher->watch->tune;
    struct tune_place *place = &tune->places[pool->place];
    struct tune_sum *const sums[] = {&place->sum, &tune->sum};
    if (pool->inherited || !is_added(watcher))
        return;
    for (size_t i = 0; i < 2; i++) {
        sums[i]->pools++;
        sums[i]->asked += pool->asked;
        sums[i]->held += held;
    }
    place->most = pool->asked > place->most ? pool->asked : place->most;
    place->with = pool->with ? pool->with : place->with;
    add_held(watcher, number);
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct watcher *watcher = data;
    struct watched *watched = xcalloc(1, sizeof(*watched)), *parent = watcher->current;
    const bool forked =
        parent && process->parent == parent->process && replay_pool_limit(replay) > 1;
    watched->parent = parent;
    watched->process = process;
    watched->pools =
        forked ? tune_process_copy(parent->pools)
               : tune_process_new(watcher->watch->settings, watcher->watch->setting_count);
    watched->pools->ended = add_ended;
    watched->pools->data = watcher;
    watcher->replay = replay;
    watcher->current = watched;
}

/* The number of the place that pools are made at by CREATED. */
static uint32_t find_place(const struct watcher *watcher, uint32_t created)
{
    struct tune *tune = watcher->watch->tune;
    const uint64_t key = replay_place(watcher->replay, created);
    uint32_t *number = keymap_put(&watcher->watch->place_numbers, key ? key : 1);
    if (*number == 0) {
        GROW_TO_POWER(tune->places, tune->place_count);
        tune->places[tune->place_count] = (struct tune_place){.created = created};
        *number = (uint32_t)tune->place_count++;
    }
    return *number;
}

/* Is it a pool of the system that this is about? */
static bool is_ours(const struct watcher *watcher, unsigned system)
{
    const struct api_set *apis = replay_apis(watcher->replay);
    const struct slice name = watcher->watch->api->name;
    return apis && system < apis->count && slice_same(apis->apis[system]->name, name);
}

static void on_made(struct watcher *watcher, const struct trace_event *event)
{
    struct tune_process *pools = watcher->current->pools;
    const bool seen = event->kind == TRACE_EVENT_CREATE;
    if (!event->pool || !is_ours(watcher, seen ? event->system : event->adopted_system))
        return;
    if (!seen && tune_find(pools, event->pool))
        return;
    const uint32_t place = find_place(
        watcher, event->kind == TRACE_EVENT_ADOPT ? 0 : replay_event_stack(watcher->replay, event));
    const uint32_t number =
        tune_make(pools, event->pool, seen ? event->parent : event->adopted_below, place, seen);
    if (event->kind == TRACE_EVENT_ADOPT && event->used != UINT64_MAX)
        tune_take(pools, number, event->used, &(struct heap_taken){.size = event->used});
}

static uint64_t rounded(const struct watcher *watcher, uint64_t size)
{
    const uint64_t align = watcher->watch->api->align;
    return heap_round(size, align ? align : 1);
}

/* Is the function by which STACK was taken one whose blocks are no larger than they must be? */
static bool find_exact(const struct watcher *watcher, uint32_t stack)
{
    const struct code_stack at = stacks_get(recording_stacks(watcher->recording), stack);
    struct symbols *symbols = recording_symbols(watcher->recording);
    const char *const *exact = watcher->watch->settings[0].rules.kind->exact;
    const struct symbol_frame *frame;
    size_t length;
    if (at.depth == 0)
        return false;
    const char *callee = symbols_callee(symbols, at.frames[0], &length);
    for (unsigned i = 0; callee && i < 2; i++) {
        if (strlen(exact[i]) == length && memcmp(exact[i], callee, length) == 0)
            return true;
    }
    const size_t count = symbols_resolve(symbols, at.frames[0], true, &frame);
    const char *function = frame[count - 1].function;
    return function && (strcmp(function, exact[0]) == 0 || strcmp(function, exact[1]) == 0);
}

static bool is_exact(struct watcher *watcher, uint32_t stack)
{
    if (!watcher->watch->settings[0].rules.kind->exact[0])
        return false;
    uint32_t *known = keymap_put(&watcher->exact, (uint64_t)stack + 1);
    if (*known == 0)
        *known = find_exact(watcher, stack) ? EXACT : NOT_EXACT;
    return *known == EXACT;
}

static void on_taken(struct watcher *watcher, const struct trace_event *event, uint32_t pool)
{
    struct tune_process *pools = watcher->current->pools;
    struct heap_taken taken = {.size = event->size};
    if (event->kind == TRACE_EVENT_TOOK) {
        taken.size = event->held;
        tune_take(pools, pool, event->held, &taken);
        return;
    }
    if (event->kind == TRACE_EVENT_OBJECT)
        taken.object = event->object;
    else
        taken.exact = is_exact(watcher, replay_event_stack(watcher->replay, event));
    tune_take(pools, pool, rounded(watcher, event->size), &taken);
}

static void add_sample(const struct watcher *watcher, const struct tune_pool *pool,
                       uint64_t simulated, uint64_t recorded)
{
    struct tune_check *check = &watcher->watch->tune->check;
    if (check->mismatches++ < TUNE_SAMPLES)
        check->samples[check->mismatches - 1] = (struct tune_mismatch){
            watcher->current->process->pid, pool->place, simulated, recorded};
}

/* The memory of POOL was looked at: its blocks have so many bytes. */
static void compare(const struct watcher *watcher, uint32_t number, uint64_t recorded)
{
    struct tune_process *pools = watcher->current->pools;
    struct tune_pool *pool = &pools->pools[number];
    const uint64_t simulated = heap_room(&pools->heaps[0], number);
    if (recorded == UINT64_MAX)
        return;
    pool->recorded = recorded;
    if (pool->known && pool->with == 0 &&
        (watcher->watch->least == 0 || recorded < watcher->watch->least))
        watcher->watch->least = recorded;
    if (!is_added(watcher))
        return;
    watcher->watch->tune->check.unknown += !pool->known;
    watcher->watch->tune->check.pools += pool->known;
    if (pool->known && simulated != recorded)
        add_sample(watcher, pool, simulated, recorded);
}

static void on_pool_event(struct watcher *watcher, const struct trace_event *event)
{
    struct tune_process *pools = watcher->current->pools;
    const uint32_t pool = tune_find(pools, event->pool);
    if (!pool)
        return;
    switch (event->kind) {
    case TRACE_EVENT_ALLOC:
    case TRACE_EVENT_OBJECT:
    case TRACE_EVENT_TOOK:
        on_taken(watcher, event, pool);
        return;
    case TRACE_EVENT_FREE:
    case TRACE_EVENT_RELEASE:
        tune_give_back(pools, pool, event->object);
        return;
    case TRACE_EVENT_SURVEY:
        compare(watcher, pool, event->capacity);
        return;
    case TRACE_EVENT_DESTROY:
    case TRACE_EVENT_CLEAR:
    case TRACE_EVENT_RESET:
        compare(watcher, pool, event->capacity);
        tune_begin_ending(pools, pool, replay_event_stack(watcher->replay, event), event->thread,
                          event->kind != TRACE_EVENT_DESTROY);
        return;
    default:
        return;
    }
}

/* Does it have a stack, by which what is under way in its thread is known? */
static bool tells_where(enum trace_event_kind kind)
{
    return kind <= TRACE_EVENT_NAME_TEXT || kind == TRACE_EVENT_OBJECT ||
           kind == TRACE_EVENT_FREE || kind == TRACE_EVENT_RELEASE || kind == TRACE_EVENT_RESET ||
           kind == TRACE_EVENT_GUARDED;
}

static void on_event(void *data, const struct process *process, const struct trace_event *event)
{
    struct watcher *watcher = data;
    struct tune_process *pools = watcher->current->pools;
    pools->tick = event->tick;
    (void)process;
    if (pools->ending_count && tells_where(event->kind))
        tune_settle(pools, watcher->replay, replay_event_stack(watcher->replay, event),
                    event->thread);
    else if (pools->ending_count && event->kind == TRACE_EVENT_SURVEY)
        tune_settle(pools, watcher->replay, 0, event->thread);
    switch (event->kind) {
    case TRACE_EVENT_WITH:
        tune_with(pools, event->pool, event->number);
        return;
    case TRACE_EVENT_CREATE:
    case TRACE_EVENT_ADOPT:
    case TRACE_EVENT_SURVIVOR:
        on_made(watcher, event);
        return;
    default:
        on_pool_event(watcher, event);
    }
}

/* What people call the pools of its place. */
static void look_for_label(struct watcher *watcher, const struct pool *pool)
{
    const uint32_t number = tune_find(watcher->current->pools, pool->address);
    if (!number)
        return;
    const uint32_t at = watcher->current->pools->pools[number].place;
    struct tune_place *place = &watcher->watch->tune->places[at];
    if (!place->created || place->label || place->looked++ >= LABELS_ASKED)
        return;
    const char *label = replay_pool_role_name(watcher->replay, pool);
    if (!label)
        label = replay_pool_label(watcher->replay, pool);
    place->label = label ? xstrdup(label) : NULL;
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)process;
    (void)with;
    (void)stack;
    look_for_label(data, pool);
}

static void leave(struct watcher *watcher)
{
    struct watched *watched = watcher->current;
    watcher->current = watched->parent;
    tune_process_free(watched->pools);
    free(watched);
}

/* The process is the worst one of its kind so far. */
static void keep_worst(const struct watcher *watcher, const struct process *process)
{
    const struct tune_process *pools = watcher->current->pools;
    struct tune *tune = watcher->watch->tune;
    tune->worst[process->kind] = (struct tune_worst){
        .known = true,
        .pid = process->pid,
        .index = process->index,
        .ns = trace_wall_ns(process->header, pools->most_tick),
        .held = pools->most[0],
        .spare = pools->spare_then,
        .asked = pools->asked_then,
    };
    memcpy(watcher->watch->most[process->kind], pools->most, sizeof(pools->most));
    for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
        if (tune->worst[kind].known && tune->worst[kind].held > pools->most[0])
            return;
    }
    for (size_t i = 0; i < tune->place_count; i++)
        tune->places[i].worst = tune_place_then(pools, i);
}

static bool is_worst(const struct watcher *watcher, const struct process *process)
{
    const struct tune_watch *watch = watcher->watch;
    const struct tune_worst *worst = &watch->tune->worst[process->kind];
    if (watch->of)
        return watch->of[process->kind].known && watch->of[process->kind].index == process->index;
    return is_added(watcher) && (!worst->known || watcher->current->pools->most[0] > worst->held);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct watcher *watcher = data;
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool && pool->state == POOL_ALIVE)
            look_for_label(watcher, pool);
    }
    if (watcher->current->pools->most[0] > 0 && is_worst(watcher, process))
        keep_worst(watcher, process);
    tune_end_all(watcher->current->pools);
    leave(watcher);
}

bool tune_watch(struct tune_watch *watch, struct recording *recording, struct error *error)
{
    struct watcher watcher = {.watch = watch, .recording = recording};
    const struct replay_observer observer = {.data = &watcher,
                                             .on_start = on_start,
                                             .on_event = on_event,
                                             .on_destroy = on_destroy,
                                             .on_end = on_end};
    const bool whole = recording_replay(recording, &observer, 1, error);
    while (watcher.current)
        leave(&watcher);
    keymap_free(&watcher.exact);
    return whole;
}
