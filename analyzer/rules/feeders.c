/* feeders.c - the places that feed a growing pool, see feeders.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/feeders.h"

#include "analyzer/rules/endings.h"
#include "analyzer/rules/time_slices.h"
#include "analyzer/util/memory.h"

#include <math.h>
#include <stdlib.h>

/* One backtrace by which a pool is fed. */
struct feeder {
    uint32_t site;   /* the place that it leads to */
    uint32_t number; /* of its intake */
    bool grows;      /* by itself */
    bool told;
};

/* What is judged. */
struct feeding {
    struct ledger *ledger;
    const struct process *process;
    struct intake *all;
    const struct pool *pool;
    bool given_back;
    uint32_t units;  /* so many must have grown */
    uint32_t latest; /* stack that took something from the pool for the first time, the last such */
    struct feeder *feeders;
    size_t count;
};

static int compare_feeders(const void *left, const void *right)
{
    const struct feeder *a = left, *b = right;
    if (a->site != b->site)
        return a->site < b->site ? -1 : 1;
    return (a->number < b->number) - (a->number > b->number); /* as they are listed */
}

static struct intake *intake_of(const struct feeding *feeding, const struct feeder *feeder)
{
    return intake_number(feeding->ledger, feeder->number);
}

/* A task may take from its pool while others begin. What these feed to it comes with each of them,
 * and is the same each time. */
static bool is_fed(const struct series_growth *growth)
{
    const double mean = (double)growth->total / growth->grew;
    return growth->steady && growth->grew >= ENDING_UNITS_LEAST &&
           4 * (uint64_t)growth->grew >= 3 * (uint64_t)growth->since &&
           fabs(mean - growth->median) <= growth->median / 10;
}

/* Whether growth of COUNT allocations, of which some were given back or not, counts. */
static bool is_growth(const struct feeding *feeding, const struct series_growth *growth,
                      uint64_t count, bool gives_back)
{
    const struct intake *all = feeding->all;
    if (all->unit == API_UNIT_TIME && count < TIME_TAKEN_LEAST)
        return false;
    return growth->growing && (growth->rising || !gives_back) && growth->grew >= feeding->units &&
           (!all->of_task || is_fed(growth));
}

/* Whether it took more in the course of the units: ends its series. Without buckets it took from
 * the pool in one unit only. */
static bool grows(const struct feeding *feeding, struct intake *intake)
{
    const bool once = !intake->over_units.buckets;
    const struct series_growth growth =
        end_series(&intake->over_units, feeding->process, intake->unit);
    /* A few that are made larger and larger are taken anew each time. */
    const uint64_t count = intake->highs > intake->count ? intake->highs : intake->count;
    return !once && is_growth(feeding, &growth, count, intake->gives_back);
}

/* All that feed the pool, by place. */
static void list_feeders(struct feeding *feeding)
{
    struct ledger *ledger = feeding->ledger;
    size_t capacity = 0;
    uint32_t number = intakes_first(ledger, feeding->all->pool);
    for (; number; number = intake_number(ledger, number)->next) {
        struct intake *intake = intake_number(ledger, number);
        if (intake->stack == INTAKE_ALL || intake->unit != feeding->all->unit || !intake->count)
            continue;
        feeding->latest = feeding->count ? feeding->latest : intake->stack;
        GROW(feeding->feeders, feeding->count, capacity);
        feeding->feeders[feeding->count++] =
            (struct feeder){.site = replay_site(ledger->replay, intake->stack),
                            .number = number,
                            .grows = grows(feeding, intake)};
    }
    if (feeding->count)
        qsort(feeding->feeders, feeding->count, sizeof(*feeding->feeders), compare_feeders);
}

/* Whether those of COUNT feeders that are too rare alone let the pool grow all together: what is
 * needed first by many, as a cache is filled, does not come each time and by as much. */
static bool thin_grow(const struct feeding *feeding, const struct feeder *feeders, size_t count)
{
    struct series sum = {0};
    uint64_t taken = 0;
    bool gives_back = false;
    for (size_t i = 0; i < count; i++) {
        struct intake *intake = intake_of(feeding, &feeders[i]);
        if (feeders[i].grows || feeders[i].told)
            continue;
        series_add(&sum, &intake->over_units);
        taken += intake->count;
        gives_back |= intake->gives_back;
    }
    if (!sum.buckets)
        return false;
    const struct series_growth growth = series_growth(&sum);
    series_free(&sum);
    return feeding->all->unit != API_UNIT_TIME && is_growth(feeding, &growth, taken, gives_back) &&
           is_fed(&growth) && !is_in_cache(feeding->ledger->replay, feeding->pool);
}

/* A finding that is being put together. */
struct fed {
    struct finding finding;
    struct series sum;
    struct span span;
};

static struct span joined(struct span a, struct span b)
{
    return (struct span){a.first < b.first ? a.first : b.first, a.last > b.last ? a.last : b.last};
}

/* INTAKE, which STACK is told of, is a part of FED. */
static void add_part(struct fed *fed, const struct feeding *feeding, struct intake *intake,
                     uint32_t stack)
{
    struct finding *finding = &fed->finding;
    fed->span = fed->sum.buckets ? joined(fed->span, intake->span) : intake->span;
    series_add(&fed->sum, &intake->over_units);
    intake->told = true;
    struct growth_place place = {.key = stack,
                                 .stack = stack,
                                 .order = replay_stack_order(feeding->ledger->replay, stack),
                                 .stack_bytes = intake->bytes,
                                 .count = intake->count,
                                 .bytes = intake->bytes,
                                 .per_unit = unit_growth_of(intake->unit, feeding->process->pid,
                                                            &intake->over_units, intake->count)};
    finding->count += intake->count;
    finding->bytes += intake->bytes;
    if (place.per_unit.steady || intake->unit == API_UNIT_TIME)
        finding->severity = SEVERITY_ERROR;
    if (place.bytes > finding->stack_bytes) {
        finding->stack = finding->culprit = place.stack;
        finding->stack_bytes = place.bytes;
    }
    growth_places_add(&finding->places, place);
}

static struct fed new_fed(const struct feeding *feeding, enum severity severity)
{
    return (struct fed){.finding = {.phase = PHASE_STEADY,
                                    .severity = severity,
                                    .given_back = feeding->given_back}};
}

/* Is what grew as SUM did kept in a cache, by the pool's role, and as different as its things? */
static bool fills_cache(const struct feeding *feeding, const struct series *sum)
{
    return is_in_cache(feeding->ledger->replay, feeding->pool) && !series_growth(sum).alike;
}

/* Adds FED, which has parts, to FOUND. */
static void tell(struct findings *found, const struct feeding *feeding, struct fed *fed)
{
    const char *advice = "Allocate data of one unit of work from a pool that ends with it; let "
                         "data that is kept replace the old data.";
    struct finding *finding = &fed->finding;
    /* Where others give back as much meanwhile, the pool does not grow. */
    if (feeding->all->over_units.buckets)
        series_cap(&fed->sum, &feeding->all->over_units);
    finding->per_unit =
        unit_growth_of(feeding->all->unit, feeding->process->pid, &fed->sum, finding->count);
    if (finding->per_unit.grew < feeding->units && feeding->all->unit != API_UNIT_TIME) {
        finding_free(finding);
        return;
    }
    cost_add_bytes(&finding->cost, feeding->ledger->replay, feeding->pool, finding->bytes);
    describe_process(finding, feeding->process, fed->span);
    describe_pool(finding, feeding->ledger->replay, feeding->pool);
    for (size_t i = 0; i < finding->places.count; i++) {
        struct growth_place *part = &finding->places.items[i];
        part->path = xstrdup(finding->path);
        part->tag = finding->tag ? xstrdup(finding->tag) : NULL;
        pid_list_add(&part->pids, feeding->process->pid);
    }
    if (fills_cache(feeding, finding->per_unit.series)) {
        finding->severity = SEVERITY_WARNING;
        advice = cache_advice;
    }
    finding->advice = xstrdup(advice);
    findings_append(found, finding);
}

/* Tells of one place, COUNT feeders. */
static void find_in_place(struct findings *found, const struct feeding *feeding,
                          struct feeder *feeders, size_t count)
{
    const bool thin = thin_grow(feeding, feeders, count);
    struct fed fed = new_fed(feeding, thin ? SEVERITY_ERROR : SEVERITY_WARNING);
    for (size_t i = 0; i < count; i++) {
        struct intake *intake = intake_of(feeding, &feeders[i]);
        feeders[i].told = feeders[i].grows || thin;
        if (feeders[i].told)
            add_part(&fed, feeding, intake, intake->stack);
    }
    if (fed.finding.count)
        tell(found, feeding, &fed);
}

/* What each of many places does once or a few times is told where most units grow by some of it,
 * and by as much: who made the pool is the one thing that they have in common. */
static void find_rest(struct findings *found, const struct feeding *feeding)
{
    if (!thin_grow(feeding, feeding->feeders, feeding->count))
        return;
    struct fed fed = new_fed(feeding, SEVERITY_WARNING);
    for (size_t i = 0; i < feeding->count; i++) {
        struct intake *intake = intake_of(feeding, &feeding->feeders[i]);
        if (!feeding->feeders[i].told)
            add_part(&fed, feeding, intake, intake->stack);
    }
    fed.finding.culprit = feeding->pool->created;
    tell(found, feeding, &fed);
}

/* An object that several places resize in turn grows as a whole: told is the one whose size it
 * has. */
static bool find_whole(struct findings *found, const struct feeding *feeding)
{
    const struct api *api = replay_pool_api(feeding->ledger->replay, feeding->pool);
    if (!api || !api_has_objects(api) || !feeding->count || !grows(feeding, feeding->all))
        return false;
    struct fed fed = new_fed(feeding, SEVERITY_WARNING);
    add_part(&fed, feeding, feeding->all, feeding->latest);
    tell(found, feeding, &fed);
    return true;
}

/* Those of one place after the other. */
static void find_places(struct findings *found, const struct feeding *feeding)
{
    for (size_t i = 0, end; i < feeding->count; i = end) {
        for (end = i + 1; end < feeding->count; end++)
            if (feeding->feeders[end].site != feeding->feeders[i].site)
                break;
        find_in_place(found, feeding, &feeding->feeders[i], end - i);
    }
}

struct findings feeders_find(struct ledger *ledger, const struct process *process,
                             struct intake *all, uint32_t ended)
{
    struct findings found = {0};
    struct feeding feeding = {.ledger = ledger,
                              .process = process,
                              .all = all,
                              .pool = replay_pool(ledger->replay, all->pool),
                              .given_back = ended > 0,
                              .units = ended ? ended : SERIES_UNITS_LEAST};
    if (!feeding.pool || all->in_root || !all->over_units.buckets ||
        !unit_is_judged(process, all->unit) ||
        (all->unit == API_UNIT_TIME && is_in_cache(ledger->replay, feeding.pool)))
        return found;
    end_series(&all->over_units, process, all->unit);
    list_feeders(&feeding);
    find_places(&found, &feeding);
    if (found.count || !find_whole(&found, &feeding))
        find_rest(&found, &feeding);
    free(feeding.feeders);
    return found;
}

/* What one backtrace takes from a pool that was made early, with others at its place. */
struct share {
    uint64_t group; /* places where the pool was made, and that it is fed by */
    uint32_t pool, number;
};

/* Whether POOL was there before a half of the units of its process had begun. */
static bool is_early(const struct process *process, const struct pool *pool,
                     enum api_mark_kind unit)
{
    if (pool->inherited || !unit_counts(pool->born))
        return true;
    return pool->born.kind == unit && 2 * (uint64_t)pool->born.index <= process->units[unit];
}

static bool may_be_share(const struct ledger *ledger, const struct process *process,
                         const struct intake *intake)
{
    if (!intake->pool || intake->stack == INTAKE_ALL || intake->told || !intake->count ||
        intake->unit == API_UNIT_TIME || intake->of_task ||
        intake_number(ledger, intake->all)->in_root)
        return false;
    const struct pool *pool = replay_pool(ledger->replay, intake->pool);
    return pool && pool->state == POOL_ALIVE && is_early(process, pool, intake->unit) &&
           !is_in_cache(ledger->replay, pool);
}

static int compare_shares(const void *left, const void *right)
{
    const struct share *a = left, *b = right;
    if (a->group != b->group)
        return a->group < b->group ? -1 : 1;
    if (a->pool != b->pool)
        return a->pool < b->pool ? -1 : 1;
    return (a->number > b->number) - (a->number < b->number);
}

/* All shares of one kind of units, sorted by group. The caller frees them. */
static struct share *list_shares(const struct ledger *ledger, const struct process *process,
                                 enum api_mark_kind unit, size_t *count)
{
    struct share *shares = NULL;
    size_t capacity = 0;
    *count = 0;
    for (uint32_t i = 1; i <= ledger->count; i++) {
        const struct intake *intake = intake_number(ledger, i);
        if (intake->unit != unit || !may_be_share(ledger, process, intake))
            continue;
        const uint32_t created = replay_pool(ledger->replay, intake->pool)->created;
        GROW(shares, *count, capacity);
        shares[(*count)++] =
            (struct share){.group = (uint64_t)replay_site(ledger->replay, created) << 32 |
                                    replay_site(ledger->replay, intake->stack),
                           .pool = intake->pool,
                           .number = i};
    }
    if (*count)
        qsort(shares, *count, sizeof(*shares), compare_shares);
    return shares;
}

/* How many pools COUNT shares are of, and in how many units each was fed, all together: a first
 * time may be all that each needs, as a thread's own pool does for what the thread keeps. */
struct spread {
    uint64_t pools, times;
    struct series_growth growth;
    bool gives_back;
};

/* What COUNT shares took together. Their series have ended. */
static struct series_growth growth_of(struct ledger *ledger, const struct share *shares,
                                      size_t count)
{
    struct series sum = {0};
    for (size_t i = 0; i < count; i++)
        series_add(&sum, &intake_number(ledger, shares[i].number)->over_units);
    const struct series_growth growth = series_growth(&sum);
    series_free(&sum);
    return growth;
}

static size_t end_of_pool(const struct share *shares, size_t begin, size_t count)
{
    size_t end = begin + 1;
    while (end < count && shares[end].pool == shares[begin].pool)
        end++;
    return end;
}

static struct spread measure(struct ledger *ledger, const struct process *process,
                             const struct share *shares, size_t count)
{
    struct spread spread = {0};
    for (size_t i = 0; i < count; i++) {
        struct intake *intake = intake_number(ledger, shares[i].number);
        end_series(&intake->over_units, process, intake->unit);
        spread.gives_back |= intake->gives_back;
    }
    for (size_t i = 0, end; i < count; i = end, spread.pools++) {
        end = end_of_pool(shares, i, count);
        spread.times += growth_of(ledger, &shares[i], end - i).grew;
    }
    spread.growth = growth_of(ledger, shares, count);
    return spread;
}

/* Tells of COUNT shares of one group, if what they are of grows together. */
static void find_spread(struct findings *found, const struct feeding *feeding,
                        const struct share *shares, size_t count)
{
    const struct spread spread = measure(feeding->ledger, feeding->process, shares, count);
    const struct series_growth *growth = &spread.growth;
    if (spread.pools < SERIES_UNITS_LEAST || 2 * spread.times < 3 * spread.pools ||
        !growth->steady || growth->grew < ENDING_UNITS_LEAST ||
        (spread.gives_back && !growth->rising))
        return;
    const bool sure = is_fed(growth) || spread.times >= SERIES_UNITS_LEAST * spread.pools;
    struct fed fed = new_fed(feeding, sure ? SEVERITY_ERROR : SEVERITY_WARNING);
    for (size_t i = 0; i < count; i++) {
        struct intake *intake = intake_number(feeding->ledger, shares[i].number);
        add_part(&fed, feeding, intake, intake->stack);
    }
    tell(found, feeding, &fed);
}

struct findings feeders_find_spread(struct ledger *ledger, const struct process *process)
{
    struct findings found = {0};
    for (unsigned unit = 0; unit <= API_MARK_CONNECTION; unit++) {
        size_t count;
        struct share *shares = list_shares(ledger, process, (enum api_mark_kind)unit, &count);
        struct intake none = {.unit = (enum api_mark_kind)unit};
        for (size_t i = 0, end; i < count; i = end) {
            for (end = i + 1; end < count && shares[end].group == shares[i].group; end++)
                continue;
            const struct feeding feeding = {.ledger = ledger,
                                            .process = process,
                                            .all = &none,
                                            .pool = replay_pool(ledger->replay, shares[i].pool),
                                            .units = ENDING_UNITS_LEAST};
            find_spread(&found, &feeding, &shares[i], end - i);
        }
        free(shares);
    }
    return found;
}
