/*
 * growing-pool: a pool that outlives its units of work and takes more bytes in each. Watched are
 * only allocations from pools older than the unit: what is made and ended within one costs nothing.
 */
#include "memory.h"
#include "rules/describe.h"
#include "rules/ledger.h"
#include "rules/rules.h"

/* What one stack took from one pool in units of one kind. */
struct intake {
    uint32_t pool, stack; /* numbers; pool 0: free, to be used again */
    enum api_mark_kind unit;
    uint32_t next; /* number of the next intake of the pool or, when free, the next free one */
    uint64_t count, bytes;
    struct span span;
    struct series over_units; /* of `bytes` */
};

static struct intake *intake_number(const struct ledger *ledger, uint32_t number)
{
    return (struct intake *)ledger->items + (number - 1);
}

static uint64_t intake_key(uint32_t pool, uint32_t unit, uint32_t stack)
{
    return (uint64_t)pool << 34 | (uint64_t)unit << 32 | stack;
}

/* Under this key is the number of the pool's first intake: no unit is of this kind. */
static uint64_t list_key(uint32_t pool)
{
    return intake_key(pool, UNIT_KINDS, 0);
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
    if (pool->inherited || !unit_counts(pool->born))
        ledger_start_series(ledger, &intake->over_units, unit.kind);
    else
        series_start(&intake->over_units,
                     pool->born.kind == unit.kind ? pool->born.index + 1 : unit.index);
}

static struct intake *intake_for(struct ledger *ledger, const struct process *process,
                                 const struct pool *pool, uint32_t stack)
{
    enum api_mark_kind unit = process->unit.kind;
    uint32_t *found = keymap_put(&ledger->index, intake_key(pool->number, unit, stack));
    if (*found)
        return intake_number(ledger, *found);
    uint32_t number = *found = free_intake(ledger);
    uint32_t *first = keymap_put(&ledger->index, list_key(pool->number));
    struct intake *intake = intake_number(ledger, number);
    *intake = (struct intake){.pool = pool->number,
                              .stack = stack,
                              .unit = unit,
                              .next = *first,
                              .span.first = process->tick};
    *first = number;
    start_series(ledger, intake, pool, process->unit);
    return intake;
}

static bool is_older_than_unit(const struct process *process, const struct pool *pool)
{
    return pool->inherited || pool->born.kind != process->unit.kind ||
           pool->born.index != process->unit.index;
}

/* Root pools are permanent-pool-alloc's. */
static bool is_watched(const struct replay *replay, const struct process *process,
                       const struct pool *pool)
{
    return unit_counts(process->unit) && pool->state == POOL_ALIVE &&
           is_older_than_unit(process, pool) && !is_plain_root(replay, process, pool);
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    if (ledger->settled || !is_watched(ledger->replay, process, pool))
        return false;
    struct intake *intake = intake_for(ledger, process, pool, stack);
    intake->count++;
    intake->bytes += rounded_size(ledger->replay, size);
    intake->span.last = process->tick;
    series_push(&intake->over_units, process->unit.index, intake->bytes);
    return true;
}

/* What a pool took is given back: it did not grow. */
static void forget(void *data, const struct process *process, const struct pool *pool)
{
    struct ledger *ledger = ((struct rule_state *)data)->current;
    if (!is_older_than_unit(process, pool))
        return;
    uint32_t number = keymap_get(&ledger->index, list_key(pool->number));
    if (!number || ledger->settled)
        return;
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

static void tell(struct rule_state *state, const struct process *process,
                 const struct intake *intake, const struct series_growth *growth)
{
    static const char advice[] = "What is needed for one unit of work belongs in a pool that ends "
                                 "with it; what is kept should replace what was there before.";
    const struct pool *pool = replay_pool(state->current->replay, intake->pool);
    if (!pool)
        return;
    struct finding finding = {.rule = rule_growing_pool.name,
                              .phase = PHASE_STEADY,
                              .severity = growth->steady ? SEVERITY_ERROR : SEVERITY_WARNING,
                              .culprit = pool->created,
                              .stack = intake->stack,
                              .stack_bytes = intake->bytes,
                              .count = intake->count,
                              .bytes = intake->bytes};
    describe_process(&finding, process, intake->span);
    describe_pool(&finding, state->current->replay, pool);
    describe_growth(&finding, intake->unit, growth, (double)intake->count / growth->grew,
                    growth->median);
    finding.advice = xstrdup(advice);
    rule_tell(state, &finding);
}

/* What comes after this, while the process takes itself down, is no growth. */
static void settle(struct rule_state *state, const struct process *process)
{
    struct ledger *ledger = state->current;
    for (uint32_t i = 1; i <= ledger->count && !ledger->settled; i++) {
        struct intake *intake = intake_number(ledger, i);
        /* Without buckets it took from the pool in one unit only. */
        if (intake->pool && intake->over_units.buckets) {
            struct series_growth growth =
                series_end(&intake->over_units, process->units[intake->unit]);
            if (growth.growing)
                tell(state, process, intake, &growth);
        }
        series_free(&intake->over_units);
    }
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
                                    .on_clear = on_clear,
                                    .on_destroy = on_destroy,
                                    .on_mark = on_mark,
                                    .on_end = on_end};
}

const struct rule rule_growing_pool = {
    "growing-pool", rule_start, observer, NULL, rule_take, rule_end,
};
