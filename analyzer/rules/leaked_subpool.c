/*
 * leaked-subpool: pools that one place makes pile up over units of work, or over time, by whatever
 * way the program comes there. What is alive at the end is not a leak by itself; what is more at
 * the end of each unit is, also when it is given back in the end.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/pool_path.h"
#include "analyzer/rules/cohorts.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/leak_endings.h"
#include "analyzer/rules/left_over.h"
#include "analyzer/rules/rules.h"
#include "analyzer/rules/streams.h"
#include "analyzer/rules/time_slices.h"
#include "analyzer/rules/turnover.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

#define PATH_LEAST 4 /* pools: where so many hang is asked for */

/* Where those hang that outlive their unit: a teardown may move them before it ends them. Asked for
 * when there are twice as many. */
static void note_path(const struct ledger *ledger, struct cohort *cohort)
{
    if (cohort->alive < PATH_LEAST || (cohort->alive & (cohort->alive - 1)) != 0)
        return;
    const struct pool *last = replay_pool(ledger->replay, cohort->last);
    if (!last || last->serial != cohort->last_serial || last->state != POOL_ALIVE)
        return;
    free(cohort->path);
    cohort->path = replay_pool_path(ledger->replay, last);
}

/* There are as many of COHORT alive as there are now. A brief pool changes nothing in the end, but
 * that a unit in which there came more is over. */
static inline void push_alive(struct cohort *cohort, const struct process *process, bool brief)
{
    const struct series *series = &cohort->over_units;
    const bool is_flat = series->buckets && series->value <= series->before;
    if (!brief || !is_flat)
        series_push(&cohort->over_units, units_begun(process, cohort->unit), cohort->alive);
}

static void count_made(struct way *way, struct cohort *cohort, const struct pool *pool,
                       uint64_t tick)
{
    way->made++;
    cohort->made++;
    cohort->span.last = tick;
    cohort->last = pool->number;
    cohort->last_serial = pool->serial;
}

/* POOL is made, at TICK. */
static void add_made(struct rule_state *state, const struct process *process,
                     const struct pool *pool, uint64_t tick)
{
    struct ledger *ledger = state->current;
    struct way *way = cohort_way_for(ledger, pool, tick);
    struct cohort *cohort = cohort_number(ledger, way->place);
    leak_endings_remade(state, process, cohort);
    note_path(ledger, cohort);
    count_made(way, cohort, pool, tick);
    cohort->alive++;
    push_alive(cohort, process, pool->brief);
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    struct rule_state *state = data;
    if (!state->current->settled && unit_counts(pool->born))
        add_made(state, process, pool, process->tick);
}

/* Majority of those seen so far, in no more than its own room. */
static void count_destroyer(struct cohort *cohort, uint32_t stack)
{
    if (cohort->destroyer_lead == 0)
        cohort->destroyer = stack;
    if (cohort->destroyer == stack)
        cohort->destroyer_lead++;
    else
        cohort->destroyer_lead--;
}

/* POOL ended by itself. */
static void count_end(struct cohort *cohort, const struct process *process, const struct pool *pool,
                      uint32_t stack)
{
    count_destroyer(cohort, stack);
    if (same_unit(pool->born, process->unit))
        return;
    cohort->ends++;
    cohort->lives += units_begun(process, cohort->unit) - pool->born.index;
}

/* POOL outlived the unit in which it was made. */
static void count_gone(struct cohort *cohort, const struct process *process,
                       const struct pool *pool)
{
    const uint32_t unit = units_begun(process, cohort->unit), life = unit - pool->born.index;
    if (++cohort->gone == SERIES_UNITS_LEAST)
        cohort->third_gone = unit;
    cohort->longest = life > cohort->longest ? life : cohort->longest;
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    struct rule_state *state = data;
    struct ledger *ledger = state->current;
    struct cohort *cohort = ledger->settled ? NULL : cohort_ended(ledger, pool);
    if (with == pool && ledger->free)
        leak_endings_hold(ledger, cohort, pool);
    if (cohort && cohort->alive > 0) {
        cohort->alive--;
        push_alive(cohort, process, pool->brief && cohort->over_units.value == cohort->alive);
        if (with == pool)
            count_end(cohort, process, pool, stack);
        if (!same_unit(pool->born, process->unit))
            count_gone(cohort, process, pool);
        if (same_unit(pool->born, process->unit))
            ended_pools_add(&cohort->in_time, process, pool);
        else if (pool_life(ledger->replay, pool) != API_LIFE_QUEUE) /* else its turn has come */
            leak_endings_add(state, process, cohort, pool, with, stack);
    }
}

/* Whether one more in COHORT that ends in its unit changes nothing but how many were made, by whom
 * and when. */
static bool is_at_rest(const struct ledger *ledger, const struct cohort *cohort)
{
    const struct series *series = &cohort->over_units;
    return cohort->alive < PATH_LEAST && series->buckets && series->value <= series->before &&
           series->value == cohort->alive && !ledger->free;
}

static bool on_brief_again(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note)
{
    struct rule_state *state = data;
    struct ledger *ledger = state->current;
    if (ledger->settled || !unit_counts(pool->born))
        return true;
    if (!*note)
        *note =
            (uint32_t)(cohort_way_for(ledger, pool, pool->created_tick) - ledger->ways.items) + 1;
    struct way *way = way_number(&ledger->ways, *note);
    struct cohort *cohort = cohort_number(ledger, way->place);
    if (is_at_rest(ledger, cohort)) {
        count_made(way, cohort, pool, pool->created_tick);
        count_destroyer(cohort, stack);
        ended_pools_add(&cohort->in_time, process, pool);
    } else {
        add_made(state, process, pool, pool->created_tick);
        on_destroy(state, process, pool, pool, stack);
    }
    return true;
}

/* Judges every cohort; whether one piles up. */
static bool judge(struct ledger *ledger, const struct process *process)
{
    bool any = false;
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct cohort *cohort = cohort_number(ledger, i);
        if (!cohort->over_units.buckets || !unit_is_judged(process, cohort->unit))
            continue; /* it changed in one unit only, or in none that counts */
        cohort->over_units.turns_over = cohort->gone > 0 && cohort->gone >= cohort->alive;
        cohort->growth = end_series(&cohort->over_units, process, cohort->unit);
        cohort->piles_up = cohort->growth.growing && cohort->growth.rising;
        any |= cohort->piles_up;
        if (!cohort->growth.growing && cohort->growth.grew >= SERIES_UNITS_LEAST && cohort->alive)
            plateaus_add(&ledger->plateaus, (struct plateau_of){cohort->site, 0, cohort->unit},
                         cohort->growth.units, cohort->alive);
    }
    if (any)
        turnover_judge(ledger);
    any = false;
    left_over_judge(ledger);
    for (uint32_t i = 1; i <= ledger->count && !any; i++)
        any = cohort_number(ledger, i)->piles_up;
    return any;
}

/* What is counted when a process is judged. */
struct count {
    struct ledger *ledger;
    uint32_t *top; /* by pool: the pool that it counts to, itself or the next one above; 0: none */
};

/* Whether POOL is a link of a chain: each unit hangs its pool below that of one before, or below
 * what others hang there meanwhile. Several moments are one. */
static bool is_link(const struct ledger *ledger, const struct pool *pool, const struct pool *above)
{
    return cohort_of(ledger, above) == cohort_of(ledger, pool) &&
           (!same_unit(above->born, pool->born) || pool->born.kind == API_UNIT_TIME);
}

/* ABOVE, which POOL counts to, leaves POOL behind, too. */
static void count_below(const struct ledger *ledger, const struct pool *pool,
                        const struct pool *above)
{
    cohort_of(ledger, above)->below++;
    cohort_of(ledger, pool)->made--; /* it is that place's, and has not ended */
    way_number(&ledger->ways, cohort_way_of(ledger, pool))->made--;
}

/* POOL is left behind by itself, as a link of ABOVE's chain where that is not NULL. */
static void count_top(struct ledger *ledger, const struct pool *pool, const struct pool *above)
{
    struct way *way = way_number(&ledger->ways, cohort_way_of(ledger, pool));
    const uint32_t sample =
        above ? way_number(&ledger->ways, cohort_way_of(ledger, above))->sample : 0;
    ways_count(&ledger->ways, cohort_way_of(ledger, pool), pool);
    if (sample)
        way->sample = sample;
}

/* Counts POOL, alive in the end, to the topmost pool above it (or itself) that piles up. */
static void count_pool(struct count *count, const struct pool *pool)
{
    struct ledger *ledger = count->ledger;
    const struct cohort *cohort = cohort_of(ledger, pool);
    uint32_t top = pool->parent ? count->top[pool->parent] : 0;
    const struct pool *above = top ? replay_pool(ledger->replay, top) : NULL;
    const bool piled = cohort && cohort->piles_up && pool->state == POOL_ALIVE &&
                       (!cohort->few || is_left_over(ledger, cohort, pool)) &&
                       !is_straight_in_root(ledger->replay, pool); /* permanent-pool-alloc's */
    if (piled && (!above || is_link(ledger, pool, above))) {
        count_top(ledger, pool, above);
        top = pool->number;
    } else if (piled) {
        count_below(ledger, pool, above);
    }
    if (top) {
        struct way *way =
            way_number(&ledger->ways, cohort_way_of(ledger, replay_pool(ledger->replay, top)));
        way->bytes += pool->bytes;
        way->newest += pool->bytes;
        cost_add_pool(&way->cost, ledger->replay, pool);
    }
    count->top[pool->number] = top;
}

static void count_pools(struct ledger *ledger)
{
    const struct replay *replay = ledger->replay;
    const uint32_t limit = replay_pool_limit(replay);
    struct count count = {ledger, xcalloc(limit, sizeof *count.top)};
    for (uint32_t i = 1; i < limit; i++) {
        const struct pool *top = replay_pool(replay, i);
        if (!top || top->parent || top->state == POOL_GONE)
            continue;
        for (const struct pool *pool = top; pool; pool = replay_next_pool(replay, top, pool))
            count_pool(&count, pool);
    }
    ways_judge(&ledger->ways, ledger->process);
    free(count.top);
}

/* How COHORT grew, of which FINDING tells. A cache makes only what it keeps: where those ways made
 * twice as many that ended in their unit, fewer and fewer are left by chance, unless it was asked
 * for most of them early. */
static struct series_growth growth_of(const struct finding *finding, const struct cohort *cohort)
{
    struct series_growth growth = cohort->growth;
    uint64_t made = 0;
    for (size_t i = 0; i < finding->places.count; i++)
        made += finding->places.items[i].made;
    if (cohort->few)
        return left_over_growth(finding, cohort);
    if (!cohort->over_units.turns_over && made >= 3 * finding->count &&
        left_over_is_spread(cohort, growth.units))
        growth.fading = false;
    return growth;
}

/* Whether what came by WAY counts for COHORT, whose it is. */
static bool is_counted(const struct ledger *ledger, const struct cohort *cohort,
                       const struct way *way)
{
    return way_counts(&ledger->ways, way) && (!cohort->few || is_seldom_left(way));
}

/* Adds the ways to a cohort's place that left pools behind, with these. Returns the one by which
 * most came; *EVEN: all these pools have as many bytes. */
static const struct way *add_ways(struct finding *finding, const struct ledger *ledger,
                                  const struct process *process, const struct cohort *cohort,
                                  bool *even)
{
    const struct ways *ways = &ledger->ways;
    const struct way *most = NULL;
    for (uint32_t i = ways_first(ways, cohort_number_of(ledger, cohort)); i;
         i = way_number(ways, i)->next) {
        const struct way *way = way_number(ways, i);
        if (!is_counted(ledger, cohort, way))
            continue;
        growth_places_add(&finding->places,
                          way_part(ledger->replay, process, way, &cohort->growth));
        finding->count += way->pools;
        finding->bytes += way->bytes;
        cost_add(&finding->cost, &way->cost);
        *even = *even && !way_is_uneven(way) &&
                (!most || most->bytes * way->pools == way->bytes * most->pools);
        if (!most || way->pools > most->pools)
            most = way;
    }
    return most;
}

/* Whether what piled up over time, some of it by WAY, is little, or what a cache keeps. */
static bool is_no_leak(const struct ledger *ledger, const struct cohort *cohort, uint32_t way)
{
    const uint32_t sample = way_number(&ledger->ways, way)->sample;
    return cohort->unit == API_UNIT_TIME &&
           (cohort->alive < TIME_TAKEN_LEAST ||
            is_in_cache(ledger->replay, replay_pool(ledger->replay, sample)));
}

/* Whether enough pools of a cohort were left behind to tell of them. */
static bool is_left_behind(const struct ledger *ledger, const struct cohort *cohort)
{
    const struct ways *ways = &ledger->ways;
    uint32_t way = cohort->piles_up ? ways_first(ways, cohort_number_of(ledger, cohort)) : 0;
    while (way && !is_counted(ledger, cohort, way_number(ways, way)))
        way = way_number(ways, way)->next;
    return way && !is_no_leak(ledger, cohort, way);
}

/* By its role SAMPLE, of a cohort, is kept in a cache, or is what one keeps: why the rest of them
 * may be there for good reasons, or NULL. */
static const char *excuse(const struct ledger *ledger, const struct cohort *cohort,
                          const struct pool *sample)
{
    static const char queued[] =
        "Its role is to wait in a queue until its turn comes. A longer run "
        "shows whether it ever does.";
    const enum api_life life = pool_life(ledger->replay, sample);
    if (life == API_LIFE_QUEUE)
        return queued;
    const bool kept =
        life == API_LIFE_CACHE || (is_in_cache(ledger->replay, sample) && !cohort->growth.alike);
    return kept ? cache_advice : NULL;
}

static void soften(struct finding *finding, const char *why)
{
    finding->severity = SEVERITY_WARNING;
    free(finding->advice);
    finding->advice = xstrdup(why);
}

static void report(struct rule_state *state, const struct process *process,
                   const struct cohort *cohort)
{
    struct finding finding = leak_finding(cohort);
    bool even = true;
    const struct way *most = add_ways(&finding, state->current, process, cohort, &even);
    const struct pool *sample = replay_pool(state->current->replay, most->sample);
    finding.culprit = most->stack;
    finding.made = cohort->made;
    if (finding.count < cohort->made / 2)
        finding.others = cohort->destroyer;
    finding.divergence = divergence_of(&cohort->in_time, process, sample);
    finding.below = cohort->below;
    describe_process(&finding, process, cohort->span);
    describe_pool(&finding, state->current->replay, sample);
    const struct series_growth growth = growth_of(&finding, cohort);
    leak_set_growth(&finding, process, cohort->unit, &growth);
    finding.per_unit.estimated |= !even;
    const char *why = excuse(state->current, cohort, sample);
    if (why || cohort->few)
        soften(&finding, why ? why : left_over_advice);
    rule_report(state, &finding);
}

/* What piled up in the unit that goes on, and was not told by the units. */
static void report_streams(struct rule_state *state, const struct process *process)
{
    struct ledger *ledger = state->current;
    struct findings found = streams_find(ledger, process);
    for (size_t i = 0; i < found.count; i++) {
        bool told = false;
        for (uint32_t k = 1; k <= ledger->count && !told; k++)
            told = cohort_number(ledger, k)->told &&
                   cohort_number(ledger, k)->site == found.items[i].site;
        found.items[i].rule = leaked_subpool_name;
        found.items[i].advice = xstrdup(leak_advice);
        if (told)
            finding_free(&found.items[i]);
        else
            rule_report(state, &found.items[i]);
    }
    free(found.items);
}

/* What is destroyed after this, while the process takes itself down, was not ended in time. Where
 * nothing tells that, the last unit is its end. */
static void settle(struct rule_state *state, const struct process *process, bool marked)
{
    struct ledger *ledger = state->current;
    if (ledger->settled)
        return;
    ledger->settled = true;
    if (judge(ledger, process))
        count_pools(ledger);
    for (uint32_t i = 1; i <= ledger->count; i++)
        cohort_number(ledger, i)->told = is_left_behind(ledger, cohort_number(ledger, i));
    leak_endings_finish(state, process, !marked);
    for (uint32_t i = 1; i <= ledger->count; i++) {
        if (cohort_number(ledger, i)->told)
            report(state, process, cohort_number(ledger, i));
    }
    report_streams(state, process);
    rule_report_held(state);
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark,
                    uint32_t count)
{
    (void)count;
    struct rule_state *state = data;
    if (mark == API_MARK_SHUTDOWN)
        settle(state, process, true);
    else if (!state->current->settled)
        leak_endings_finish(state, process, false);
}

static void free_cohorts(struct ledger *ledger)
{
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct cohort *cohort = cohort_number(ledger, i);
        series_free(&cohort->over_units);
        ending_free(cohort->ending);
        free(cohort->path);
    }
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    struct rule_state *state = data;
    settle(state, process, false);
    rule_doubt_job(state, process);
    free_cohorts(state->current);
    ledger_pop(state);
}

/* They ended in their unit. */
static void on_young(void *data, const struct process *process, const struct young_sum *young)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    const uint32_t number = ways_find(&ledger->ways, API_MARK_COMMAND, young->created);
    (void)process;
    if (ledger->settled || !number)
        return;
    struct way *way = way_number(&ledger->ways, number);
    way->made += young->count;
    cohort_number(ledger, way->place)->made += young->count;
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
                                    .on_mark = on_mark,
                                    .on_young = on_young,
                                    .on_end = on_end};
}

const struct rule rule_leaked_subpool = {
    leaked_subpool_name, rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
