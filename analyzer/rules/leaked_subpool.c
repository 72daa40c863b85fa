/*
 * leaked-subpool: pools of one creation stack pile up over units of work. What is alive at the end
 * is not a leak by itself; what is more at the end of each unit is.
 */
#include "analyzer/rules/describe.h"
#include "analyzer/rules/ledger.h"
#include "analyzer/rules/rules.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

/* The pools that one stack made in units of one kind. */
struct cohort {
    uint32_t stack;
    enum api_mark_kind unit;
    uint64_t alive;
    struct span span;
    struct series over_units; /* of `alive` */
    struct series_growth growth;
    bool piles_up;
    /* What is alive in the end, pools under another cohort that piles up left out. */
    uint64_t pools, bytes, below;
    uint32_t sample;                   /* number of one of the pools */
    uint32_t born[SERIES_UNITS_LEAST]; /* different units in which they were made */
    unsigned born_count;
};

static uint64_t cohort_key(const struct pool *pool)
{
    return (uint64_t)(pool->born.kind + 1) << 32 | pool->created;
}

static struct cohort *cohort_number(const struct ledger *ledger, uint32_t number)
{
    return (struct cohort *)ledger->items + (number - 1);
}

/* The cohort of POOL, which was just made. */
static struct cohort *cohort_for(struct ledger *ledger, const struct pool *pool, uint64_t tick)
{
    uint32_t *number = keymap_put(&ledger->index, cohort_key(pool));
    if (*number)
        return cohort_number(ledger, *number);
    struct cohort *cohort = ledger_add(ledger, sizeof *cohort);
    *number = (uint32_t)ledger->count;
    cohort->stack = pool->created;
    cohort->unit = pool->born.kind;
    cohort->span.first = tick;
    ledger_start_series(ledger, &cohort->over_units, cohort->unit);
    return cohort;
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    if (ledger->settled || !unit_counts(pool->born))
        return;
    struct cohort *cohort = cohort_for(ledger, pool, process->tick);
    cohort->span.last = process->tick;
    series_push(&cohort->over_units, process->units[cohort->unit], ++cohort->alive);
}

/* The cohort that POOL is of, or NULL. */
static struct cohort *cohort_of(const struct ledger *ledger, const struct pool *pool)
{
    if (pool->inherited || !unit_counts(pool->born))
        return NULL;
    uint32_t number = keymap_get(&ledger->index, cohort_key(pool));
    return number ? cohort_number(ledger, number) : NULL;
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    struct ledger *ledger = ((struct rule_state *)data)->current;
    struct cohort *cohort = ledger->settled ? NULL : cohort_of(ledger, pool);
    if (!cohort || cohort->alive == 0)
        return;
    series_push(&cohort->over_units, process->units[cohort->unit], --cohort->alive);
}

/* Judges every cohort; whether one piles up. */
static bool judge(struct ledger *ledger, const struct process *process)
{
    bool any = false;
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct cohort *cohort = cohort_number(ledger, i);
        if (!cohort->over_units.buckets)
            continue; /* it changed in one unit only */
        cohort->growth = series_end(&cohort->over_units, process->units[cohort->unit]);
        cohort->piles_up = cohort->growth.growing && cohort->growth.rising;
        any |= cohort->piles_up;
    }
    return any;
}

static void note_birth(struct cohort *cohort, uint32_t unit)
{
    for (unsigned i = 0; i < cohort->born_count; i++) {
        if (cohort->born[i] == unit)
            return;
    }
    if (cohort->born_count < SERIES_UNITS_LEAST)
        cohort->born[cohort->born_count++] = unit;
}

/* Counts POOL, alive in the end, to the topmost pool above it (or itself) that piles up. Returns
 * that one's cohort as a number from 1, 0 for none. */
static uint32_t count_pool(struct ledger *ledger, const struct pool *pool, uint32_t above)
{
    struct cohort *cohort = cohort_of(ledger, pool);
    bool piled = cohort && cohort->piles_up && pool->state == POOL_ALIVE &&
                 !is_straight_in_root(ledger->replay, pool); /* permanent-pool-alloc's */
    if (!above && piled) {
        cohort->pools++;
        cohort->sample = pool->number;
        note_birth(cohort, pool->born.index);
        above = (uint32_t)(cohort - cohort_number(ledger, 1)) + 1;
    } else if (piled) {
        cohort_number(ledger, above)->below++;
    }
    if (above)
        cohort_number(ledger, above)->bytes += pool->bytes;
    return above;
}

static void count_pools(struct ledger *ledger)
{
    const struct replay *replay = ledger->replay;
    uint32_t limit = replay_pool_limit(replay);
    uint32_t *above = xcalloc(limit, sizeof *above);
    for (uint32_t i = 1; i < limit; i++) {
        const struct pool *top = replay_pool(replay, i);
        if (!top || top->parent || top->state == POOL_GONE)
            continue;
        for (const struct pool *pool = top; pool; pool = replay_next_pool(replay, top, pool))
            above[pool->number] = count_pool(ledger, pool, pool->parent ? above[pool->parent] : 0);
    }
    free(above);
}

static void report(struct rule_state *state, const struct process *process,
                   const struct cohort *cohort)
{
    static const char advice[] = "Destroy the pool as soon as what it is for is done, or before it "
                                 "is made again; if it is for the whole run, make it once.";
    struct finding finding = {.rule = rule_leaked_subpool.name,
                              .phase = PHASE_STEADY,
                              .severity = SEVERITY_ERROR,
                              .culprit = cohort->stack,
                              .count = cohort->pools,
                              .bytes = cohort->bytes,
                              .below = cohort->below};
    describe_process(&finding, process, cohort->span);
    describe_pool(&finding, state->current->replay,
                  replay_pool(state->current->replay, cohort->sample));
    double bytes = (double)cohort->bytes / (double)cohort->pools;
    finding.per_unit = unit_growth(cohort->unit, process->pid, &cohort->growth,
                                   cohort->growth.median, bytes * cohort->growth.median);
    finding.advice = xstrdup(advice);
    rule_report(state, &finding);
}

/* What is destroyed after this, while the process takes itself down, was not ended in time. */
static void settle(struct rule_state *state, const struct process *process)
{
    struct ledger *ledger = state->current;
    if (ledger->settled)
        return;
    ledger->settled = true;
    if (!judge(ledger, process))
        return;
    count_pools(ledger);
    for (uint32_t i = 1; i <= ledger->count; i++) {
        if (cohort_number(ledger, i)->born_count == SERIES_UNITS_LEAST)
            report(state, process, cohort_number(ledger, i));
    }
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark)
{
    if (mark == API_MARK_SHUTDOWN)
        settle(data, process);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    struct rule_state *state = data;
    settle(state, process);
    for (uint32_t i = 1; i <= state->current->count; i++)
        series_free(&cohort_number(state->current, i)->over_units);
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
