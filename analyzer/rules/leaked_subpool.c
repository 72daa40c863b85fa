/*
 * leaked-subpool: pools that one place makes pile up over units of work, or over time, by whatever
 * way the program comes there. What is alive at the end is not a leak by itself; what is more at
 * the end of each unit is, also when it is given back in the end.
 */
#include "analyzer/replay/pool_path.h"
#include "analyzer/rules/describe.h"
#include "analyzer/rules/endings.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/rules/streams.h"
#include "analyzer/rules/time_slices.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

/* The pools that one place made in units of one kind. */
struct cohort {
    uint32_t site;  /* the place, see replay_site() */
    uint32_t stack; /* the first way to it */
    enum api_mark_kind unit;
    uint64_t alive, made;
    struct span span;
    struct series over_units; /* of `alive` */
    struct series_growth growth;
    bool piles_up;
    uint32_t begun;             /* the first unit in which one was made */
    bool gave_back;             /* one that outlived its unit ended by itself */
    bool flushes;               /* many ended at once by themselves, and it went on */
    uint32_t last, last_serial; /* the pool that was made last */
    uint32_t ended;             /* stack by which some that outlived their unit ended before */
    char *path;                 /* of one that outlived its unit, while they piled up; owned */
    struct ending *ending;      /* the last one; owned */
    uint32_t destroyer;      /* stack that destroyed most that were destroyed by themselves, ... */
    uint64_t destroyer_lead; /* ...if any did: by how many more than all others */
    struct ended_pools in_time; /* those that ended in their unit */
    uint32_t next_ending;       /* number of the next cohort with an active one */
    /* What is alive in the end; the pools themselves are counted by the ways to the place: */
    uint64_t below; /* pools under these that pile up, too */
    bool told;
};

static struct cohort *cohort_number(const struct ledger *ledger, uint32_t number)
{
    return (struct cohort *)ledger->items + (number - 1);
}

static uint32_t number_of(const struct ledger *ledger, const struct cohort *cohort)
{
    return (uint32_t)(cohort - cohort_number(ledger, 1)) + 1;
}

/* The number of the cohort of the place of POOL, which was just made. */
static uint32_t cohort_for(struct ledger *ledger, const struct pool *pool, uint64_t tick)
{
    const uint32_t site = replay_site(ledger->replay, pool->created);
    uint32_t *number = keymap_put(&ledger->index, (uint64_t)(pool->born.kind + 1) << 32 | site);
    if (*number)
        return *number;
    struct cohort *cohort = ledger_add(ledger, sizeof *cohort);
    *number = (uint32_t)ledger->count;
    cohort->site = site;
    cohort->stack = pool->created;
    cohort->unit = pool->born.kind;
    cohort->span.first = tick;
    cohort->begun = pool->born.index;
    ledger_start_series(ledger, &cohort->over_units, cohort->unit);
    return *number;
}

static struct way *way_for(struct ledger *ledger, const struct pool *pool, uint64_t tick)
{
    struct ways *ways = &ledger->ways;
    uint32_t way = ways_find(ways, pool->born.kind, pool->created);
    if (!way)
        way = ways_add(ways, pool->born.kind, pool->created, cohort_for(ledger, pool, tick));
    return way_number(ways, way);
}

/* Where those hang that outlive their unit: a teardown may move them before it ends them. Asked for
 * when there are twice as many. */
static void note_path(const struct ledger *ledger, struct cohort *cohort)
{
    const struct pool *last = replay_pool(ledger->replay, cohort->last);
    const bool doubled = cohort->alive >= 4 && (cohort->alive & (cohort->alive - 1)) == 0;
    if (!doubled || !last || last->serial != cohort->last_serial || last->state != POOL_ALIVE)
        return;
    free(cohort->path);
    cohort->path = replay_pool_path(ledger->replay, last);
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    if (ledger->settled || !unit_counts(pool->born))
        return;
    struct way *way = way_for(ledger, pool, process->tick);
    struct cohort *cohort = cohort_number(ledger, way->place);
    way->made++;
    cohort->made++;
    note_path(ledger, cohort);
    cohort->span.last = process->tick;
    cohort->last = pool->number;
    cohort->last_serial = pool->serial;
    series_push(&cohort->over_units, units_begun(process, cohort->unit), ++cohort->alive);
}

/* The way that POOL came by, 0: none that is watched. */
static uint32_t way_of(const struct ledger *ledger, const struct pool *pool)
{
    if (pool->inherited || !unit_counts(pool->born))
        return 0;
    return ways_find(&ledger->ways, pool->born.kind, pool->created);
}

/* The cohort that POOL is of, or NULL. */
static struct cohort *cohort_of(const struct ledger *ledger, const struct pool *pool)
{
    const uint32_t way = way_of(ledger, pool);
    return way ? cohort_number(ledger, way_number(&ledger->ways, way)->place) : NULL;
}

static struct finding new_finding(const struct cohort *cohort)
{
    return (struct finding){.rule = rule_leaked_subpool.name,
                            .phase = PHASE_STEADY,
                            .severity = SEVERITY_ERROR,
                            .site = cohort->site,
                            .culprit = cohort->stack,
                            .created = cohort->stack};
}

static const char advice[] =
    "Destroy the pool as soon as what it is for is done, or before it is made "
    "again; if it is for the whole run, make it once.";

static void set_growth(struct finding *finding, const struct process *process,
                       enum api_mark_kind unit, const struct series_growth *growth)
{
    static const char rarely[] = "It came rarely: what is opened when it is needed first does so, "
                                 "too, and is no leak. A longer run tells.";
    const double bytes = (double)finding->bytes / (double)finding->count;
    finding->per_unit =
        unit_growth(unit, process->pid, growth, growth->median, bytes * growth->median);
    finding->advice = xstrdup(growth->scattered ? rarely : advice);
    if (growth->scattered)
        finding->severity = SEVERITY_WARNING;
}

/* Whether it counts that they had piled up: what holds others ended, or LAST the process, which
 * frees what it has where it ended none before. */
static bool ending_counts(const struct cohort *cohort, bool last)
{
    const struct ending *ending = cohort->ending;
    if (last && cohort->told)
        return false;
    if (cohort->gave_back)
        return false; /* it goes on until it does so again */
    return ending_is_held(ending) || (last && !cohort->flushes && 2 * ending->anew > ending->pools);
}

static void judge_ending(struct rule_state *state, const struct process *process,
                         struct cohort *cohort, bool last)
{
    struct ending *ending = cohort->ending;
    struct series_growth growth;
    uint32_t first = cohort->over_units.first;
    const uint32_t units = units_begun(process, cohort->unit);
    const bool late = cohort->begun > first + (units - first) / 3;
    uint32_t least = late || !last ? ENDING_UNITS_LEAST : SERIES_UNITS_LEAST;
    first = late ? cohort->begun : first;
    cohort->flushes |= !last && !ending_is_held(ending) && ending->pools >= least;
    if (!ending_counts(cohort, last) || !unit_is_judged(process, cohort->unit) ||
        !ending_grew(ending, process, cohort->unit, first, least, &growth))
        return;
    struct finding finding = new_finding(cohort);
    finding.tag = ending->first.tag;
    finding.role = ending->first.role;
    finding.path = cohort->path ? xstrdup(cohort->path) : ending->first.path;
    if (cohort->path)
        free(ending->first.path);
    ending->first = (struct finding){0};
    finding.count = ending->pools;
    finding.bytes = ending->bytes;
    finding.cost = ending->cost;
    finding.below = ending->below;
    finding.given_back = true;
    describe_process(&finding, process, cohort->span);
    set_growth(&finding, process, cohort->unit, &growth);
    const uint32_t key = number_of(state->current, cohort);
    rule_hold(state, &finding, key, growth.units, ending->documented);
    if (ending->births.lowest == ending->since)
        rule_note_remade(state, key);
}

/* The topmost cohort whose pools those of COHORT ended below, as far as there is one. */
static struct cohort *top_of(const struct ledger *ledger, struct cohort *cohort)
{
    for (unsigned steps = 0; steps < 16; steps++) {
        const struct ending *ending = cohort->ending;
        if (2 * ending->child <= ending->pools)
            break;
        struct cohort *above = cohort_number(ledger, ending->above);
        if (!above->ending || !above->ending->active ||
            births_units(&above->ending->births) < SERIES_UNITS_LEAST)
            break;
        cohort = above;
    }
    return cohort;
}

/* What ended in the open unit is complete. LAST: so is the process. */
static void conclude_endings(struct rule_state *state, const struct process *process, bool last)
{
    struct ledger *ledger = state->current;
    for (uint32_t i = ledger->free; i; i = cohort_number(ledger, i)->next_ending) {
        struct cohort *cohort = cohort_number(ledger, i), *top = top_of(ledger, cohort);
        if (top == cohort)
            continue;
        top->ending->below += cohort->ending->pools;
        top->ending->bytes += cohort->ending->bytes;
        cost_add(&top->ending->cost, &cohort->ending->cost);
    }
    while (ledger->free) {
        struct cohort *cohort = cohort_number(ledger, ledger->free);
        if (top_of(ledger, cohort) == cohort)
            judge_ending(state, process, cohort, last);
        ledger->free = cohort->next_ending;
    }
}

static void forget_endings(struct ledger *ledger, uint32_t head)
{
    for (uint32_t i = head; i; i = cohort_number(ledger, i)->next_ending) {
        struct cohort *cohort = cohort_number(ledger, i);
        cohort->ended = cohort->ending->stack;
        cohort->gave_back = cohort->gave_back || cohort->ending->held == 0;
        cohort->ending->active = false;
    }
}

static void finish_endings(struct rule_state *state, const struct process *process, bool last)
{
    const uint32_t head = state->current->free;
    conclude_endings(state, process, last);
    forget_endings(state->current, head);
}

static void activate_ending(struct ledger *ledger, struct cohort *cohort)
{
    if (!cohort->ending)
        cohort->ending = xcalloc(1, sizeof(*cohort->ending));
    if (cohort->ending->active)
        return;
    cohort->next_ending = ledger->free;
    ledger->free = number_of(ledger, cohort);
}

static void note_above(const struct ledger *ledger, struct cohort *cohort, const struct pool *pool,
                       const struct pool *with)
{
    const struct pool *parent = with == pool ? NULL : replay_pool(ledger->replay, pool->parent);
    struct cohort *above = parent && parent != with ? cohort_of(ledger, parent) : NULL;
    if (!above || above == cohort || !above->ending || !above->ending->active)
        return;
    cohort->ending->child++;
    cohort->ending->above = number_of(ledger, above);
}

/* POOL, of COHORT, outlived its unit and ends. */
static void end_old(struct rule_state *state, const struct process *process, struct cohort *cohort,
                    const struct pool *pool, const struct pool *with, uint32_t stack)
{
    struct ledger *ledger = state->current;
    const struct replay *replay = ledger->replay;
    if (ledger->free &&
        !same_unit(cohort_number(ledger, ledger->free)->ending->unit, process->unit))
        finish_endings(state, process, false);
    activate_ending(ledger, cohort);
    ending_add(cohort->ending, process, pool, replay_pool(replay, pool->parent), with);
    cost_add_pool(&cohort->ending->cost, replay, pool);
    cohort->ending->stack = stack;
    cohort->ending->anew += cohort->ended != stack;
    note_above(ledger, cohort, pool, with);
    if (cohort->ending->pools == SERIES_UNITS_LEAST)
        describe_pool(&cohort->ending->first, replay, pool);
    cohort->ending->documented = with != pool && replay_pool_role(replay, with);
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

/* HOLDER, of COHORT or none, ended after what lay in it. */
static void hold_endings(struct ledger *ledger, const struct cohort *cohort,
                         const struct pool *holder)
{
    const bool old = cohort && cohort->ending && cohort->ending->active;
    for (uint32_t i = ledger->free; i; i = cohort_number(ledger, i)->next_ending) {
        struct cohort *held = cohort_number(ledger, i);
        const uint64_t count = ending_hold(held->ending, holder);
        if (count == 0 || !old || held == cohort)
            continue;
        held->ending->child += count;
        held->ending->above = number_of(ledger, cohort);
    }
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    struct rule_state *state = data;
    struct ledger *ledger = state->current;
    struct cohort *cohort = ledger->settled ? NULL : cohort_of(ledger, pool);
    if (with == pool && ledger->free)
        hold_endings(ledger, cohort, pool);
    if (cohort && cohort->alive > 0) {
        series_push(&cohort->over_units, units_begun(process, cohort->unit), --cohort->alive);
        if (with == pool)
            count_destroyer(cohort, stack);
        if (same_unit(pool->born, process->unit))
            ended_pools_add(&cohort->in_time, process, pool);
        else
            end_old(state, process, cohort, pool, with, stack);
    }
}

/* Judges every cohort; whether one piles up. */
static bool judge(struct ledger *ledger, const struct process *process)
{
    bool any = false;
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct cohort *cohort = cohort_number(ledger, i);
        if (!cohort->over_units.buckets || !unit_is_judged(process, cohort->unit))
            continue; /* it changed in one unit only, or in none that counts */
        cohort->growth = end_series(&cohort->over_units, process, cohort->unit);
        cohort->piles_up = cohort->growth.growing && cohort->growth.rising;
        any |= cohort->piles_up;
        if (!cohort->growth.growing && cohort->growth.grew >= SERIES_UNITS_LEAST && cohort->alive)
            plateaus_add(&ledger->plateaus, plateau_key(cohort->site, 0, cohort->unit),
                         cohort->growth.units, cohort->alive);
    }
    return any;
}

/* A link of a chain: each unit hangs its pool below that of the one before. Several moments are
 * one. */
static bool is_link(const struct ledger *ledger, const struct cohort *cohort,
                    const struct pool *pool)
{
    const struct pool *parent = replay_pool(ledger->replay, pool->parent);
    return parent && cohort_of(ledger, parent) == cohort &&
           (!same_unit(parent->born, pool->born) || pool->born.kind == API_UNIT_TIME);
}

/* What is counted when a process is judged. */
struct count {
    struct ledger *ledger;
    uint32_t *above; /* by pool: the way by which it, or the one above that it counts to, came */
};

/* Counts POOL, alive in the end, to the topmost pool above it (or itself) that piles up. */
static void count_pool(struct count *count, const struct pool *pool)
{
    struct ledger *ledger = count->ledger;
    struct cohort *cohort = cohort_of(ledger, pool);
    uint32_t way = pool->parent ? count->above[pool->parent] : 0;
    struct cohort *above =
        way ? cohort_number(ledger, way_number(&ledger->ways, way)->place) : NULL;
    const bool piled = cohort && cohort->piles_up && pool->state == POOL_ALIVE &&
                       !is_straight_in_root(ledger->replay, pool); /* permanent-pool-alloc's */
    const bool link = above && piled && above == cohort && is_link(ledger, cohort, pool);
    if (piled && (!above || link)) {
        const uint32_t sample = way ? way_number(&ledger->ways, way)->sample : 0;
        way = way_of(ledger, pool);
        ways_count(&ledger->ways, way, pool);
        if (link && sample)
            way_number(&ledger->ways, way)->sample = sample;
    } else if (piled) {
        above->below++;
    }
    if (way) {
        way_number(&ledger->ways, way)->bytes += pool->bytes;
        way_number(&ledger->ways, way)->newest += pool->bytes;
        cost_add_pool(&way_number(&ledger->ways, way)->cost, ledger->replay, pool);
    }
    count->above[pool->number] = way;
}

static void count_pools(struct ledger *ledger)
{
    const struct replay *replay = ledger->replay;
    const uint32_t limit = replay_pool_limit(replay);
    struct count count = {ledger, xcalloc(limit, sizeof *count.above)};
    for (uint32_t i = 1; i < limit; i++) {
        const struct pool *top = replay_pool(replay, i);
        if (!top || top->parent || top->state == POOL_GONE)
            continue;
        for (const struct pool *pool = top; pool; pool = replay_next_pool(replay, top, pool))
            count_pool(&count, pool);
    }
    ways_judge(&ledger->ways, ledger->labels);
    free(count.above);
}

/* Adds the ways to a cohort's place that left pools behind, with these. Returns the one by which
 * most came; *EVEN: all these pools have as many bytes. */
static const struct way *add_ways(struct finding *finding, const struct ledger *ledger,
                                  const struct process *process, const struct cohort *cohort,
                                  bool *even)
{
    const struct ways *ways = &ledger->ways;
    const struct way *most = NULL;
    for (uint32_t i = ways_first(ways, number_of(ledger, cohort)); i;
         i = way_number(ways, i)->next) {
        const struct way *way = way_number(ways, i);
        if (!way_counts(ways, way))
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
    uint32_t way = cohort->piles_up ? ways_first(ways, number_of(ledger, cohort)) : 0;
    while (way && !way_counts(ways, way_number(ways, way)))
        way = way_number(ways, way)->next;
    return way && !is_no_leak(ledger, cohort, way);
}

static void report(struct rule_state *state, const struct process *process,
                   const struct cohort *cohort)
{
    struct finding finding = new_finding(cohort);
    bool even = true;
    const struct way *most = add_ways(&finding, state->current, process, cohort, &even);
    finding.culprit = most->stack;
    finding.made = cohort->made;
    if (finding.count < cohort->made / 2)
        finding.others = cohort->destroyer;
    finding.divergence =
        divergence_of(&cohort->in_time, process, replay_pool(state->current->replay, most->sample));
    finding.below = cohort->below;
    describe_process(&finding, process, cohort->span);
    describe_pool(&finding, state->current->replay,
                  replay_pool(state->current->replay, most->sample));
    set_growth(&finding, process, cohort->unit, &cohort->growth);
    finding.per_unit.estimated |= !even;
    rule_report(state, &finding);
}

/* What piled up in the unit that goes on, and was not told by the units. */
static void report_streams(struct rule_state *state, const struct process *process)
{
    struct ledger *ledger = state->current;
    struct findings found = streams_find(ledger->replay, process);
    for (size_t i = 0; i < found.count; i++) {
        bool told = false;
        for (uint32_t k = 1; k <= ledger->count && !told; k++)
            told = cohort_number(ledger, k)->told &&
                   cohort_number(ledger, k)->site == found.items[i].site;
        found.items[i].rule = rule_leaked_subpool.name;
        found.items[i].advice = xstrdup(advice);
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
    finish_endings(state, process, !marked);
    for (uint32_t i = 1; i <= ledger->count; i++) {
        if (cohort_number(ledger, i)->told)
            report(state, process, cohort_number(ledger, i));
    }
    report_streams(state, process);
    rule_report_held(state);
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark)
{
    struct rule_state *state = data;
    if (mark == API_MARK_SHUTDOWN)
        settle(state, process, true);
    else if (!state->current->settled)
        finish_endings(state, process, false);
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
    free_cohorts(state->current);
    ledger_pop(state);
}

static struct replay_observer observer(void *state)
{
    return (struct replay_observer){.data = state,
                                    .on_start = ledger_push,
                                    .on_create = on_create,
                                    .on_destroy = on_destroy,
                                    .on_mark = on_mark,
                                    .on_end = on_end};
}

const struct rule rule_leaked_subpool = {
    "leaked-subpool", rule_start, observer, NULL, rule_take, rule_add, rule_finish, rule_end,
};
