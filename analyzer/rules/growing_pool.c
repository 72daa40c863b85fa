/*
 * growing-pool: a pool that outlives its units of work and takes more bytes in each. Watched are
 * only allocations from pools older than the unit: what is made and ended within one costs nothing.
 */
#include "analyzer/replay/rounded_size.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/endings.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/rules/time_slices.h"
#include "analyzer/util/memory.h"

#include <math.h>
#include <stdlib.h>

/* What one stack, or all, took from one pool in units of one kind. */
struct intake {
    uint32_t pool, stack; /* numbers; pool 0: free, to be used again; stack ALL: all together */
    uint32_t all;         /* number of the intake of ALL; its own is 0 */
    enum api_mark_kind unit;
    uint32_t next; /* number of the next intake of the pool or, when free, the next free one */
    uint64_t count, bytes; /* of what is still there */
    bool gives_back;       /* not all is */
    bool in_root;          /* the pool is an object, and was straight in a root when it took last */
    bool of_task;          /* the pool is a task's, and these units are others' */
    struct span span;
    struct series over_units; /* of `bytes` */
};

#define ALL UINT32_MAX /* no stack has this number */

static struct intake *intake_number(const struct ledger *ledger, uint32_t number)
{
    return (struct intake *)ledger->items + (number - 1);
}

static uint64_t intake_key(uint32_t pool, uint32_t unit, uint32_t stack)
{
    return (uint64_t)pool << 36 | (uint64_t)unit << 32 | stack;
}

/* Under this key is the number of the pool's first intake: no unit is of this kind. */
static uint64_t list_key(uint32_t pool)
{
    return intake_key(pool, 15, 0);
}

static uint32_t free_intake(struct ledger *ledger)
{
    uint32_t number = ledger->free;
    if (number) {
        ledger->free = intake_number(ledger, number)->next;
        *intake_number(ledger, number) = (struct intake){0};
        return number;
    }
    ledger_add(ledger, sizeof(struct intake));
    return (uint32_t)ledger->count;
}

/* The series begins when the pool could first grow. That of a pool which was made in a unit of
 * another kind begins with its first growth: how many units there had been is not kept. */
static void start_series(const struct ledger *ledger, struct intake *intake,
                         const struct pool *pool, struct unit unit)
{
    if (pool->inherited || !unit_counts(pool->born) || unit.kind == API_UNIT_TIME)
        ledger_start_series(ledger, &intake->over_units, unit.kind);
    else
        series_start(&intake->over_units,
                     pool->born.kind == unit.kind ? pool->born.index + 1 : unit.index);
    ledger_label_series(ledger, &intake->over_units, unit.kind);
}

/* One that ends with what it was made for, however many others begin meanwhile. */
static bool is_of_task(const struct replay *replay, const struct pool *pool)
{
    unsigned number = replay_pool_role(replay, pool);
    const struct api_pool_role *role =
        number ? api_set_role(replay_apis(replay), number - 1) : NULL;
    return role && role->life == API_LIFE_TASK;
}

/* The number of an intake. */
static uint32_t intake_for(struct ledger *ledger, const struct process *process,
                           const struct pool *pool, uint32_t stack)
{
    enum api_mark_kind unit = process->unit.kind;
    uint32_t *found = keymap_put(&ledger->index, intake_key(pool->number, unit, stack));
    if (*found)
        return *found;
    uint32_t number = *found = free_intake(ledger);
    uint32_t *first = keymap_put(&ledger->index, list_key(pool->number));
    struct intake *intake = intake_number(ledger, number);
    *intake = (struct intake){.pool = pool->number,
                              .stack = stack,
                              .unit = unit,
                              .of_task = is_of_task(ledger->replay, pool),
                              .next = *first,
                              .span.first = process->tick};
    *first = number;
    start_series(ledger, intake, pool, process->unit);
    if (stack != ALL) {
        uint32_t all = intake_for(ledger, process, pool, ALL);
        intake_number(ledger, number)->all = all;
    }
    return number;
}

static bool is_older_than_unit(const struct process *process, const struct pool *pool)
{
    return pool->inherited || !same_unit(pool->born, process->unit);
}

/* Root pools are permanent-pool-alloc's. So is an object straight in one, as long as it is. */
static bool is_watched(const struct replay *replay, const struct process *process,
                       const struct pool *pool)
{
    return unit_counts(process->unit) && pool->state == POOL_ALIVE &&
           is_older_than_unit(process, pool) && !is_plain_root(replay, process, pool);
}

static void take(struct intake *intake, const struct process *process, uint64_t bytes)
{
    intake->count++;
    intake->bytes += bytes;
    intake->span.last = process->tick;
    series_push(&intake->over_units, process->unit.index, intake->bytes);
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    if (ledger->settled || !is_watched(ledger->replay, process, pool))
        return false;
    struct intake *intake = intake_number(ledger, intake_for(ledger, process, pool, stack));
    uint64_t bytes = rounded_size(ledger->replay, pool, size);
    take(intake, process, bytes);
    struct intake *all = intake_number(ledger, intake->all);
    take(all, process, bytes);
    all->in_root = is_straight_in_root(ledger->replay, pool);
    return true;
}

static void give_back(struct intake *intake, const struct process *process,
                      const struct object *object)
{
    intake->count--;
    intake->bytes -= object->size;
    intake->gives_back = true;
    if (process->unit.kind == intake->unit)
        series_push(&intake->over_units, process->unit.index, intake->bytes);
}

static void on_free(void *data, const struct process *process, const struct pool *pool,
                    const struct object *object, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    uint64_t key = intake_key(pool->number, object->unit.kind, object->stack);
    bool counted = !object->inherited && unit_counts(object->unit) &&
                   (pool->inherited || !same_unit(pool->born, object->unit));
    uint32_t number = ledger->settled || !counted ? 0 : keymap_get(&ledger->index, key);
    (void)stack;
    if (!number)
        return;
    struct intake *intake = intake_number(ledger, number);
    if (intake->bytes < object->size) /* the pool was a root when it took this */
        return;
    give_back(intake, process, object);
    give_back(intake_number(ledger, intake->all), process, object);
}

/* A task may take from its pool while others begin. What these feed to it comes with each of them,
 * and is the same each time. */
static bool is_fed(const struct series_growth *growth)
{
    const double mean = (double)growth->total / growth->grew;
    return growth->steady && growth->grew >= ENDING_UNITS_LEAST &&
           4 * (uint64_t)growth->grew >= 3 * (uint64_t)growth->units &&
           fabs(mean - growth->median) <= growth->median / 10;
}

/* Whether it took more in the course of the units, of which UNITS grew at least: ends its series.
 * Without buckets it took from the pool in one unit only. */
static bool grows(struct intake *intake, const struct process *process, uint32_t units)
{
    if (!intake->over_units.buckets || !unit_is_judged(process, intake->unit) ||
        (intake->unit == API_UNIT_TIME && intake->count < TIME_TAKEN_LEAST))
        return false;
    struct series_growth growth = end_series(&intake->over_units, process, intake->unit);
    return growth.growing && (growth.rising || !intake->gives_back) && growth.grew >= units &&
           (!intake->of_task || is_fed(&growth));
}

static void add_place(struct finding *finding, struct series *sum, struct intake *intake,
                      uint32_t stack, const struct replay *replay, int32_t pid)
{
    series_add(sum, &intake->over_units);
    struct growth_place place = {
        .key = stack,
        .stack = stack,
        .order = replay_stack_order(replay, stack),
        .stack_bytes = intake->bytes,
        .count = intake->count,
        .bytes = intake->bytes,
        .per_unit = unit_growth_of(intake->unit, pid, &intake->over_units, intake->count)};
    finding->count += intake->count;
    finding->bytes += intake->bytes;
    if (place.per_unit.steady || intake->unit == API_UNIT_TIME)
        finding->severity = SEVERITY_ERROR;
    if (place.bytes > finding->stack_bytes) {
        finding->stack = place.stack;
        finding->stack_bytes = place.bytes;
    }
    growth_places_add(&finding->places, place);
}

static struct span joined(struct span a, struct span b)
{
    return (struct span){a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
}

/* An object that several places resize in turn grows as a whole: told is the one whose size it
 * has. */
static void add_whole(struct finding *finding, struct series *sum, const struct ledger *ledger,
                      const struct process *process, struct intake *all)
{
    const struct replay *replay = ledger->replay;
    const struct api *api = replay_pool_api(replay, replay_pool(replay, all->pool));
    if (!api || !api_has_objects(api))
        return;
    uint32_t number = keymap_get(&ledger->index, list_key(all->pool));
    for (; number; number = intake_number(ledger, number)->next) {
        const struct intake *last = intake_number(ledger, number);
        if (last->stack == ALL || last->unit != all->unit || last->bytes == 0)
            continue;
        add_place(finding, sum, all, last->stack, replay, process->pid);
        return;
    }
}

/* Adds the places that let a pool grow in units of one kind, of which ALL is the intake. */
static bool add_places(struct finding *finding, struct ledger *ledger,
                       const struct process *process, struct intake *all, struct span *span)
{
    const uint32_t units = finding->given_back ? ENDING_UNITS_LEAST : SERIES_UNITS_LEAST;
    struct series sum = {0};
    uint32_t number = keymap_get(&ledger->index, list_key(all->pool));
    for (; number; number = intake_number(ledger, number)->next) {
        struct intake *intake = intake_number(ledger, number);
        if (intake->stack == ALL || intake->unit != all->unit || !grows(intake, process, units))
            continue;
        *span = sum.buckets ? joined(*span, intake->span) : intake->span;
        add_place(finding, &sum, intake, intake->stack, ledger->replay, process->pid);
    }
    const bool whole = grows(all, process, units) && !sum.buckets;
    if (whole) {
        *span = all->span;
        add_whole(finding, &sum, ledger, process, all);
    }
    if (!sum.buckets)
        return false;
    if (!whole)
        series_cap(&sum, &all->over_units);
    finding->per_unit = unit_growth_of(all->unit, process->pid, &sum, finding->count);
    return finding->per_unit.grew >= units || all->unit == API_UNIT_TIME;
}

/* GIVEN_BACK: the pool ends, or is cleared. False: it did not grow. */
static bool describe(struct rule_state *state, const struct process *process, struct intake *all,
                     bool given_back, struct finding *finding)
{
    static const char advice[] = "What is needed for one unit of work belongs in a pool that ends "
                                 "with it; what is kept should replace what was there before.";
    const struct replay *replay = state->current->replay;
    const struct pool *pool = replay_pool(replay, all->pool);
    *finding = (struct finding){.rule = rule_growing_pool.name,
                                .phase = PHASE_STEADY,
                                .severity = SEVERITY_WARNING,
                                .given_back = given_back};
    struct span span;
    if (!pool || all->in_root || (all->unit == API_UNIT_TIME && is_in_cache(replay, pool)) ||
        !add_places(finding, state->current, process, all, &span)) {
        finding_free(finding);
        return false;
    }
    finding->culprit = pool->created;
    cost_add_bytes(&finding->cost, replay, pool, finding->bytes);
    describe_process(finding, process, span);
    describe_pool(finding, replay, pool);
    finding->advice = xstrdup(advice);
    return true;
}

/* Of POOL, which ends or is cleared now: NUMBER is its first intake. What few units grew to be
 * given back is no growth; nor is what is flushed, but for pools of a documented role. */
static void report_ended(struct rule_state *state, const struct process *process,
                         const struct pool *pool, uint32_t number)
{
    for (; number; number = intake_number(state->current, number)->next) {
        struct intake *intake = intake_number(state->current, number);
        const uint32_t units = units_begun(process, intake->unit) - intake->over_units.first + 1;
        struct finding finding;
        if (intake->stack != ALL || units < ENDING_UNITS_LEAST ||
            !describe(state, process, intake, true, &finding))
            continue;
        rule_hold(state, &finding, pool->created + UINT64_C(1), units,
                  replay_pool_role(state->current->replay, pool) > 0);
    }
}

/* What a pool took is given back. */
static void forget(void *data, const struct process *process, const struct pool *pool)
{
    struct rule_state *state = data;
    struct ledger *ledger = state->current;
    if (!is_older_than_unit(process, pool))
        return;
    uint32_t number = keymap_get(&ledger->index, list_key(pool->number));
    if (!number || ledger->settled)
        return;
    report_ended(state, process, pool, number);
    keymap_remove(&ledger->index, list_key(pool->number));
    while (number) {
        struct intake *intake = intake_number(ledger, number);
        uint32_t next = intake->next;
        keymap_remove(&ledger->index, intake_key(intake->pool, intake->unit, intake->stack));
        series_free(&intake->over_units);
        *intake = (struct intake){.next = ledger->free};
        ledger->free = number;
        number = next;
    }
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    (void)stack;
    forget(data, process, pool);
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    forget(data, process, pool);
}

/* What grew at first, and then did no more. */
static void note_rest(struct ledger *ledger, const struct process *process, struct intake *intake)
{
    const struct pool *pool = replay_pool(ledger->replay, intake->pool);
    if (!pool || !intake->over_units.buckets || !unit_is_judged(process, intake->unit))
        return;
    const struct series_growth growth = end_series(&intake->over_units, process, intake->unit);
    if (!growth.growing && growth.grew >= SERIES_UNITS_LEAST)
        plateaus_add(&ledger->plateaus, plateau_key(pool->created, intake->stack, intake->unit),
                     growth.units, intake->bytes);
}

static void report_living(struct rule_state *state, const struct process *process,
                          struct intake *all)
{
    const struct pool *pool = replay_pool(state->current->replay, all->pool);
    const uint32_t units = units_begun(process, all->unit) - all->over_units.first + 1;
    struct finding finding;
    if (pool && !rule_is_flushed(state, pool->created + UINT64_C(1), units) &&
        describe(state, process, all, false, &finding))
        rule_report(state, &finding);
}

/* What comes after this, while the process takes itself down, is no growth. */
static void settle(struct rule_state *state, const struct process *process)
{
    struct ledger *ledger = state->current;
    if (ledger->settled)
        return;
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct intake *intake = intake_number(ledger, i);
        if (intake->pool && intake->stack == ALL)
            report_living(state, process, intake);
        else if (intake->pool)
            note_rest(ledger, process, intake);
    }
    rule_report_held(state);
    for (uint32_t i = 1; i <= ledger->count; i++)
        series_free(&intake_number(ledger, i)->over_units);
    ledger->settled = true;
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark)
{
    if (mark == API_MARK_SHUTDOWN)
        settle(data, process);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    settle(data, process);
    ledger_pop(data);
}

static struct replay_observer observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_alloc = on_alloc,
                                    .on_free = on_free,
                                    .on_clear = on_clear,
                                    .on_destroy = on_destroy,
                                    .on_mark = on_mark,
                                    .on_end = on_end};
}

const struct rule rule_growing_pool = {
    "growing-pool", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
