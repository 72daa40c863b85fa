/*
 * growing-pool: a pool that outlives its units of work and takes more bytes in each. Watched are
 * only allocations from pools older than the unit: what is made and ended within one costs nothing.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/rounded_size.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/endings.h"
#include "analyzer/rules/feeders.h"
#include "analyzer/rules/intakes.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

#define FEW_UNITS 12 /* of which few that grew may be most */

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
    intake->over_units.turns_over = intake->gone > 0 && intake->gone >= intake->count;
    intake->bytes += bytes;
    if (intake->bytes > intake->most) {
        intake->most = intake->bytes;
        intake->highs++;
    }
    intake->span.last = process->tick;
    series_push(&intake->over_units, process->unit.index, intake->bytes);
}

/* The key of what is told of the place that STACK leads to, and of pools made where POOL was. */
static uint64_t held_key(const struct replay *replay, const struct pool *pool, uint32_t stack)
{
    return ((uint64_t)pool->created << 32 | replay_site(replay, stack)) + 1;
}

/* The same for all places. */
static uint64_t held_keys(const struct pool *pool)
{
    return UINT64_C(1) << 63 | pool->created;
}

/* Of a pool that is no older than the unit: whether one that was made where it was grew before. */
static bool was_held(struct rule_state *state, const struct process *process,
                     const struct pool *pool, uint32_t stack)
{
    const struct ledger *ledger = state->current;
    if (!ledger->held_count || ledger->settled || pool->inherited ||
        !same_unit(pool->born, process->unit) || !keymap_get(&ledger->index, held_keys(pool)))
        return false;
    rule_note_remade(state, held_key(ledger->replay, pool, stack));
    return true;
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    if (ledger->settled || !is_watched(ledger->replay, process, pool))
        return was_held(data, process, pool, stack);
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
    intake->gone += !same_unit(object->unit, process->unit);
    intake->over_units.turns_over = intake->gone > 0 && intake->gone >= intake->count;
    if (process->unit.kind == intake->unit)
        series_push(&intake->over_units, process->unit.index, intake->bytes);
}

static void on_free(void *data, const struct process *process, const struct pool *pool,
                    const struct object *object, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    bool counted = !object->inherited && unit_counts(object->unit) &&
                   (pool->inherited || !same_unit(pool->born, object->unit));
    uint32_t number = ledger->settled || !counted
                          ? 0
                          : intake_find(ledger, pool->number, object->unit.kind, object->stack);
    (void)stack;
    if (!number)
        return;
    struct intake *intake = intake_number(ledger, number);
    if (intake->bytes < object->size) /* the pool was a root when it took this */
        return;
    give_back(intake, process, object);
    give_back(intake_number(ledger, intake->all), process, object);
}

/* Keeps what was FOUND of POOL, which ends or is CLEARED now after UNITS of its units. */
static void hold(struct rule_state *state, const struct pool *pool, struct findings *found,
                 uint32_t units, bool cleared)
{
    struct ledger *ledger = state->current;
    const bool documented = replay_pool_role(ledger->replay, pool) > 0;
    const bool cache = is_in_cache(ledger->replay, pool);
    for (size_t i = 0; i < found->count; i++) {
        const uint64_t key = held_key(ledger->replay, pool, found->items[i].stack);
        found->items[i].rule = rule_growing_pool.name;
        const uint64_t grew = found->items[i].per_unit.grew;
        const bool brief = grew < ENDING_UNITS_LEAST;
        if (cache || (brief && 2 * grew < units)) {
            finding_free(&found->items[i]);
            continue;
        }
        soften_job(&found->items[i]);
        rule_hold(state, &found->items[i], key, units, documented);
        if (brief)
            rule_note_brief(state, key);
        if (cleared)
            rule_note_emptied(state, key);
        *keymap_put(&ledger->index, held_keys(pool)) = 1;
    }
    free(found->items);
}

/* POOL, which ends, did not grow by what each place took from it: ALL is what all took. */
static void note_alike(struct rule_state *state, const struct pool *pool, const struct intake *all)
{
    const struct ledger *ledger = state->current;
    for (uint32_t i = intakes_first(ledger, pool->number); i && ledger->held_count;) {
        const struct intake *intake = intake_number(ledger, i);
        if (intake->unit == all->unit && intake->stack != INTAKE_ALL)
            rule_note_alike(state, held_key(ledger->replay, pool, intake->stack), intake->bytes);
        i = intake->next;
    }
}

/* Of POOL, which ends or is cleared now: NUMBER is its first intake. What few units grew to be
 * given back is no growth, if that is not so with several pools; nor is what is flushed, but for
 * pools of a documented role. */
static void report_ended(struct rule_state *state, const struct process *process,
                         const struct pool *pool, uint32_t number, bool cleared)
{
    struct ledger *ledger = state->current;
    for (; number; number = intake_number(ledger, number)->next) {
        struct intake *intake = intake_number(ledger, number);
        const uint32_t units = units_begun(process, intake->unit) - intake->over_units.first + 1;
        const bool few = units < FEW_UNITS && intake->unit != API_UNIT_TIME;
        const uint32_t least = few ? SERIES_UNITS_LEAST : ENDING_UNITS_LEAST;
        if (intake->stack != INTAKE_ALL || units < least)
            continue;
        struct findings found = feeders_find(ledger, process, intake, least);
        if (found.count == 0 && intake->unit == API_UNIT_TIME)
            note_alike(state, pool, intake);
        hold(state, pool, &found, units, cleared);
    }
}

/* What a pool took is given back. */
static void forget(void *data, const struct process *process, const struct pool *pool, bool cleared)
{
    struct rule_state *state = data;
    struct ledger *ledger = state->current;
    if (!is_older_than_unit(process, pool))
        return;
    uint32_t number = intakes_first(ledger, pool->number);
    if (!number || ledger->settled)
        return;
    report_ended(state, process, pool, number, cleared);
    intakes_forget(ledger, pool->number);
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    (void)stack;
    forget(data, process, pool, true);
    if (is_older_than_unit(process, pool))
        intakes_cleared(((struct rule_state *)data)->current, pool->number, process->unit);
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    forget(data, process, pool, false);
    if (is_older_than_unit(process, pool))
        intakes_ended(((struct rule_state *)data)->current, pool->number);
}

/* It is no older than the unit. */
static void on_brief(void *data, const struct process *process, const struct pool *pool,
                     const struct pool *with, uint32_t stack)
{
    struct rule_state *state = data;
    uint32_t stacks[BRIEF_ALLOCATIONS];
    (void)with, (void)stack;
    if (!state->current->held_count)
        return;
    const size_t count = replay_brief_stacks(state->current->replay, pool, stacks);
    for (size_t i = 0; i < count; i++)
        was_held(state, process, pool, stacks[i]);
}

static bool on_brief_again(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note)
{
    (void)note;
    on_brief(data, process, pool, pool, stack);
    return true;
}

/* What grew at first, and then did no more. */
static void note_rest(struct ledger *ledger, const struct process *process, struct intake *intake)
{
    const struct pool *pool = replay_pool(ledger->replay, intake->pool);
    if (!pool || !intake->over_units.buckets || !unit_is_judged(process, intake->unit))
        return;
    const struct series_growth growth = end_series(&intake->over_units, process, intake->unit);
    if (!growth.growing && growth.grew >= SERIES_UNITS_LEAST)
        plateaus_add(&ledger->plateaus,
                     (struct plateau_of){pool->created, intake->stack, intake->unit}, growth.units,
                     intake->bytes);
}

static void report_living(struct rule_state *state, const struct process *process,
                          struct intake *all)
{
    const struct replay *replay = state->current->replay;
    const struct pool *pool = replay_pool(replay, all->pool);
    const uint32_t units = units_begun(process, all->unit) - all->over_units.first + 1;
    if (!pool)
        return;
    struct findings found = feeders_find(state->current, process, all, 0);
    for (size_t i = 0; i < found.count; i++) {
        found.items[i].rule = rule_growing_pool.name;
        const uint64_t key = held_key(replay, pool, found.items[i].stack);
        if (rule_is_flushed(state, key, units, &found.items[i]))
            finding_free(&found.items[i]);
        else
            rule_report(state, &found.items[i]);
    }
    free(found.items);
}

static void report_spread(struct rule_state *state, const struct process *process)
{
    struct findings found = feeders_find_spread(state->current, process);
    for (size_t i = 0; i < found.count; i++) {
        found.items[i].rule = rule_growing_pool.name;
        rule_report(state, &found.items[i]);
    }
    free(found.items);
}

/* What comes after this, while the process takes itself down, is no growth. */
static void settle(struct rule_state *state, const struct process *process)
{
    struct ledger *ledger = state->current;
    if (ledger->settled)
        return;
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct intake *intake = intake_number(ledger, i);
        if (intake->pool && intake->stack == INTAKE_ALL)
            report_living(state, process, intake);
        else if (intake->pool)
            note_rest(ledger, process, intake);
    }
    report_spread(state, process);
    rule_report_held(state);
    for (uint32_t i = 1; i <= ledger->count; i++)
        series_free(&intake_number(ledger, i)->over_units);
    ledger->settled = true;
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark,
                    uint32_t count)
{
    (void)count;
    if (mark == API_MARK_SHUTDOWN)
        settle(data, process);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    settle(data, process);
    rule_doubt_job(data, process);
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
                                    .on_brief = on_brief,
                                    .on_brief_again = on_brief_again,
                                    .on_mark = on_mark,
                                    .on_end = on_end};
}

const struct rule rule_growing_pool = {
    "growing-pool", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
