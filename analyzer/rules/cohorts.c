/* cohorts.c - the pools that one place makes; see cohorts.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/cohorts.h"

#include "analyzer/util/memory.h"

const char leaked_subpool_name[] = "leaked-subpool";

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

struct way *cohort_way_for(struct ledger *ledger, const struct pool *pool, uint64_t tick)
{
    struct ways *ways = &ledger->ways;
    uint32_t way = ways_find_again(ways, &ledger->recent, pool->born.kind, pool->created);
    if (!way)
        way = ways_add(ways, pool->born.kind, pool->created, cohort_for(ledger, pool, tick));
    return way_number(ways, way);
}

struct cohort *cohort_ended(struct ledger *ledger, const struct pool *pool)
{
    if (pool->inherited || !unit_counts(pool->born))
        return NULL;
    const uint32_t way =
        ways_find_again(&ledger->ways, &ledger->recent, pool->born.kind, pool->created);
    return way ? cohort_number(ledger, way_number(&ledger->ways, way)->place) : NULL;
}

uint32_t cohort_way_of(const struct ledger *ledger, const struct pool *pool)
{
    if (pool->inherited || !unit_counts(pool->born))
        return 0;
    return ways_find(&ledger->ways, pool->born.kind, pool->created);
}

struct cohort *cohort_of(const struct ledger *ledger, const struct pool *pool)
{
    const uint32_t way = cohort_way_of(ledger, pool);
    return way ? cohort_number(ledger, way_number(&ledger->ways, way)->place) : NULL;
}

struct finding leak_finding(const struct cohort *cohort)
{
    return (struct finding){.rule = leaked_subpool_name,
                            .phase = PHASE_STEADY,
                            .severity = SEVERITY_ERROR,
                            .site = cohort->site,
                            .culprit = cohort->stack,
                            .created = cohort->stack};
}

const char leak_advice[] =
    "Destroy the pool when its work is done, or before the next one is created; if it "
    "is for the whole run, create it once.";

void leak_set_growth(struct finding *finding, const struct process *process,
                     enum api_mark_kind unit, const struct series_growth *growth)
{
    static const char rarely[] = "It happened rarely, as with objects that are created on first "
                                 "use, which are no leak. A longer run shows which it is.";
    static const char ever_less[] =
        "It became ever rarer, as with a cache that fills on demand, which is "
        "no leak. A longer run shows which it is.";
    const double bytes = (double)finding->bytes / (double)finding->count;
    finding->per_unit =
        unit_growth(unit, process->pid, growth, growth->median, bytes * growth->median);
    finding->advice = xstrdup(growth->scattered ? rarely
                              : growth->fading  ? ever_less
                                                : leak_advice);
    if (growth->scattered || growth->fading)
        finding->severity = SEVERITY_WARNING;
}
