/*
 * unreachable-subpool: by a walk of the memory, nothing refers to the pool but the pool library's
 * own links: it can only end with its parent. Once is enough.
 *
 * Stale words may still refer to others of the same place, so that is counted: k of n. Who uses or
 * ends one of them afterwards had a pointer to it that no walk can see, as one that the kernel
 * keeps: nothing is said of their place then.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#include <string.h>

/* Pools of one stack, as of the last walk that named one of them. The first item of a ledger is no
 * such, but tells of the walks. */
struct lost_site {
    struct finding finding;
    struct span span;     /* of the walks: ticks of the one before, and of this one */
    uint32_t walk;        /* number of that walk; of the walks: of this one */
    uint8_t when;         /* of the walks: enum trace_walk_when of this one */
    struct unit units[2]; /* of the walks: as `span` */
    bool agreed;          /* of the walks: two had to agree on it */
    bool refuted;         /* one was used afterwards */
};

/* A pool that a walk has named, by its number. */
struct named {
    uint32_t serial, site;
    uint64_t tick; /* of the walk that did so last */
};

static struct lost_site *site_number(const struct ledger *ledger, uint32_t number)
{
    return (struct lost_site *)ledger->items + (number - 1);
}

/* Told by itself in the index: pools of that stack ended with the one that they were below. */
static uint64_t key_of_ended(uint32_t created)
{
    return (UINT64_C(1) << 32) + created + 1;
}

/* The same of who did so by itself, in a process that had begun no unit of work. */
static uint64_t key_of_destroyed(uint32_t created)
{
    return (UINT64_C(2) << 32) + created + 1;
}

static bool has_units(const struct process *process)
{
    return process->units[API_MARK_COMMAND] || process->units[API_MARK_RESTART];
}

static struct named *room_for(struct ledger *ledger, uint32_t pool)
{
    if (pool >= ledger->own_count) {
        const size_t had = ledger->own_count, room = (size_t)pool + pool / 4 + 64;
        ledger->own = xreallocarray(ledger->own, room, sizeof(struct named));
        memset((struct named *)ledger->own + had, 0, (room - had) * sizeof(struct named));
        ledger->own_count = room;
    }
    return (struct named *)ledger->own + pool;
}

/* The walk's word on POOL; NULL: there is none. */
static const struct named *named(const struct ledger *ledger, const struct pool *pool)
{
    if (pool->number >= ledger->own_count)
        return NULL;
    const struct named *name = (const struct named *)ledger->own + pool->number;
    return name->site && name->serial == pool->serial ? name : NULL;
}

/* POOL is used, if it is USED or the last event on it says so: what was said of it is not so. */
static void check_use(const struct ledger *ledger, const struct pool *pool, bool used)
{
    const struct named *name = named(ledger, pool);
    if (name && (used || pool->last_tick > name->tick))
        site_number(ledger, name->site)->refuted = true;
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    const struct ledger *ledger = ((struct rule_state *)data)->current;
    const struct pool *parent =
        ledger->own_count ? replay_pool(ledger->replay, pool->parent) : NULL;
    (void)process;
    if (parent)
        check_use(ledger, parent, true);
}

/* What its parent takes along while the process goes on needs nobody else to refer to it. */
static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    struct rule_state *state = data;
    (void)stack;
    check_use(state->current, pool, with == pool);
    if (with != pool && process->phase != PHASE_SHUTDOWN && !same_unit(pool->born, process->unit))
        *keymap_put(&state->current->index, key_of_ended(pool->created)) = 1;
    else if (with == pool && !has_units(process))
        *keymap_put(&state->current->index, key_of_destroyed(pool->created)) = 1;
}

/* Nothing is asked about those that end by themselves before a walk names one, but in processes
 * without units of work. */
static bool on_brief_again(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note)
{
    const struct ledger *ledger = ((struct rule_state *)data)->current;
    (void)note;
    on_create(data, process, pool);
    on_destroy(data, process, pool, pool, stack);
    return ledger->own_count || !has_units(process);
}

static void on_walk(void *data, const struct process *process, const struct trace_event *event)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    if (!trace_walk_is_done(event->walk.result))
        return;
    struct lost_site *walks =
        ledger->count ? site_number(ledger, 1) : ledger_add(ledger, sizeof(struct lost_site));
    walks->walk++;
    walks->when = event->walk.when;
    walks->agreed = event->walk.result == TRACE_WALK_AGREED;
    walks->span = (struct span){walks->span.last, process->tick};
    walks->units[0] = walks->units[1];
    walks->units[1] = process->unit;
}

static uint64_t count_alive(const struct replay *replay, uint32_t created)
{
    uint64_t count = 0;
    const uint32_t limit = replay_pool_limit(replay);
    for (uint32_t i = 1; i < limit; i++) {
        const struct pool *pool = replay_pool(replay, i);
        count += pool && pool->state == POOL_ALIVE && pool->created == created && !pool->inherited;
    }
    return count;
}

/* A session that begins no units of work, as one that vacuums, does one job: on its way out it
 * needs not tidy up after it. */
static bool is_done_for(const struct process *process, unsigned when)
{
    const bool ends = when == TRACE_WALK_AT_EXIT || when == TRACE_WALK_AT_SHUTDOWN;
    return ends && process->kind == PROCESS_SESSION && process->units[API_MARK_COMMAND] == 0 &&
           process->units[API_MARK_CONNECTION] <= 1;
}

/* The same of a program that does one job: the last pointer to what it used to the end goes as its
 * functions return. Where time is the unit, what its place made once alone may be that. */
static bool is_done_with(const struct ledger *ledger, const struct process *process,
                         const struct finding *finding)
{
    const struct reachability *reach = finding->reach;
    const bool ends = reach->when == TRACE_WALK_AT_EXIT || reach->when == TRACE_WALK_AT_SHUTDOWN;
    const bool once = process->unit.kind == API_UNIT_TIME && reach->alive == 1 &&
                      !keymap_get(&ledger->index, key_of_destroyed(finding->created));
    return ends && !has_units(process) && finding->count == 1 &&
           (once || same_unit(reach->last, process->unit));
}

static void begin_site(const struct ledger *ledger, struct lost_site *site,
                       const struct process *process, const struct pool *pool)
{
    const uint8_t when = site_number(ledger, 1)->when;
    const bool note = is_done_for(process, when);
    site->finding = (struct finding){.rule = rule_unreachable_subpool.name,
                                     .severity = note ? SEVERITY_NOTE : SEVERITY_ERROR,
                                     .phase = process->phase,
                                     .culprit = pool->created,
                                     .per_unit.unit = API_MARK_KINDS};
    describe_pool(&site->finding, ledger->replay, pool);
    const struct lost_site *walks = site_number(ledger, 1);
    /* The walk before did not name it; but it had seen it so where two have to agree. */
    const bool walked = walks->span.first > pool->last_tick && !walks->agreed;
    const uint64_t last = walked ? walks->span.first : pool->last_tick;
    const struct reachability reach = {
        .when = walks->when,
        .last = walked ? walks->units[0] : pool->last_unit,
        .walk = process->unit,
        .last_ns = process->header ? trace_wall_ns(process->header, last) : 0,
        .walk_ns = process->header ? trace_wall_ns(process->header, process->tick) : 0};
    site->finding.reach = reachability_copy(&reach);
}

static uint64_t bytes_with_below(const struct replay *replay, const struct pool *top)
{
    uint64_t bytes = 0;
    for (const struct pool *pool = top; pool; pool = replay_next_pool(replay, top, pool))
        bytes += pool->bytes;
    return bytes;
}

/* One that is documented to live as long as its process needs nobody who could end it. */
static bool lives_as_process(const struct replay *replay, const struct pool *pool)
{
    const enum api_life life = pool_life(replay, pool);
    return life == API_LIFE_PROCESS || life == API_LIFE_CACHE;
}

/* What was made before the fork is the parent's to tell. */
static void on_unreachable(void *data, const struct process *process,
                           const struct trace_event *event, const struct pool *pool)
{
    struct rule_state *state = data;
    struct ledger *ledger = state->current;
    if (pool->inherited || ledger->count == 0 || lives_as_process(ledger->replay, pool))
        return;
    const uint32_t walk = site_number(ledger, 1)->walk;
    uint32_t *number = keymap_put(&ledger->index, pool->created + 1);
    if (*number == 0) {
        struct lost_site *site = ledger_add(ledger, sizeof(*site));
        *number = (uint32_t)ledger->count;
        begin_site(ledger, site, process, pool);
    }
    struct lost_site *site = site_number(ledger, *number);
    struct finding *finding = &site->finding;
    *room_for(ledger, pool->number) = (struct named){pool->serial, *number, process->tick};
    if (site->walk != walk) {
        site->walk = walk;
        finding->count = finding->bytes = finding->below = 0;
        finding->reach->held = 0;
        finding->reach->alive = count_alive(ledger->replay, pool->created);
        site->span.first = site->span.last = pool->created_tick;
    }
    finding->count++;
    finding->bytes += bytes_with_below(ledger->replay, pool);
    finding->below += event->number;
    finding->reach->held += event->held;
    if (pool->created_tick < site->span.first) /* a walk comes upon them in any order */
        site->span.first = pool->created_tick;
    if (pool->created_tick > site->span.last)
        site->span.last = pool->created_tick;
}

/* Those that are alive. */
static void check_all(const struct ledger *ledger)
{
    const uint32_t limit = replay_pool_limit(ledger->replay);
    for (uint32_t i = 1; i < limit && i < ledger->own_count; i++) {
        const struct pool *pool = replay_pool(ledger->replay, i);
        if (pool && pool->state == POOL_ALIVE)
            check_use(ledger, pool, false);
    }
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    struct rule_state *state = data;
    check_all(state->current);
    for (uint32_t i = 2; i <= state->current->count; i++) {
        struct lost_site *site = site_number(state->current, i);
        if (site->refuted ||
            keymap_get(&state->current->index, key_of_ended(site->finding.created))) {
            finding_free(&site->finding);
            continue;
        }
        if (is_done_with(state->current, process, &site->finding))
            site->finding.severity = SEVERITY_NOTE;
        site->finding.reach->unreachable = site->finding.count;
        describe_process(&site->finding, process, site->span);
        site->finding.advice = xstrdup(
            site->finding.severity == SEVERITY_NOTE
                ? "Nothing referred to it when the process had done its only job and ended. If the "
                  "process is to do more, destroy it earlier."
                : "Nothing refers to it: it can only end with its parent. Destroy it where the "
                  "last "
                  "pointer to it is dropped.");
        rule_report(state, &site->finding);
    }
    ledger_pop(state);
}

static struct replay_observer observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_create = on_create,
                                    .on_destroy = on_destroy,
                                    .on_brief_create = on_create,
                                    .on_brief = on_destroy,
                                    .on_brief_again = on_brief_again,
                                    .on_walk = on_walk,
                                    .on_unreachable = on_unreachable,
                                    .on_end = on_end};
}

const struct rule rule_unreachable_subpool = {
    "unreachable-subpool", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
