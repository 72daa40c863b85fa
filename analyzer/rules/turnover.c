/* turnover.c - what comes and goes, and what stays of it; see turnover.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/turnover.h"

#include "analyzer/rules/cohorts.h"
#include "analyzer/rules/endings.h"

#define THIRDS      3
#define DEPTHS      8  /* of parts of parts */
#define OVERDUE     2  /* times as long as they live on average */
#define LONG_RUN    40 /* units: in fewer, the number of clients may rise by chance */
#define ENDED_LEAST 10
#define FALLS       3 /* times what the number ever fell meanwhile: less is no rise */

/* Whether most that outlived their unit ended by now, nearly all of them with what held them. */
static bool goes_with_others(const struct cohort *cohort)
{
    return cohort->ends < SERIES_UNITS_LEAST && cohort->gone >= SERIES_UNITS_LEAST &&
           cohort->gone >= cohort->alive;
}

/* Whether it may be that the pools of COHORT only come and go. Time has its own tests, see
 * time_slices.h. */
static bool may_turn_over(const struct cohort *cohort)
{
    return cohort->piles_up && cohort->unit != API_UNIT_TIME &&
           (cohort->gave_back || cohort->ends >= SERIES_UNITS_LEAST || goes_with_others(cohort));
}

/* The third of all units that grew in which POOL of COHORT was made. */
static unsigned third_of(const struct cohort *cohort, const struct pool *pool)
{
    const uint32_t units = cohort->growth.units;
    uint32_t first = cohort->over_units.first;
    const bool late = cohort->begun > first + units / THIRDS;
    const uint32_t from = late ? cohort->begun : first, count = units - (from - first);
    const uint32_t at = pool->born.index > from ? pool->born.index - from : 0;
    return at < count ? (unsigned)((uint64_t)at * THIRDS / count) : THIRDS - 1;
}

/* Whether one that has been there for AGE units should have ended, as others of COHORT did. */
static bool is_overdue(const struct cohort *cohort, uint64_t age)
{
    return cohort->ends == 0 || age * cohort->ends > OVERDUE * cohort->lives;
}

static void count_living(struct ledger *ledger)
{
    for (uint32_t i = 1; i < replay_pool_limit(ledger->replay); i++) {
        const struct pool *pool = replay_pool(ledger->replay, i);
        struct cohort *cohort = pool && pool->state == POOL_ALIVE ? cohort_of(ledger, pool) : NULL;
        if (!cohort || !may_turn_over(cohort))
            continue;
        if (!is_overdue(cohort, units_begun(ledger->process, cohort->unit) - pool->born.index))
            continue;
        cohort->living[third_of(cohort, pool)]++;
        cohort->overdue++;
    }
}

bool turnover_keeps_rising(const struct series_growth *growth)
{
    const uint64_t *shape = growth->shape;
    const unsigned count = growth->shape_count;
    uint64_t high = 0, fell = 0;
    for (unsigned i = 0; i < count; i++) {
        high = shape[i] > high ? shape[i] : high;
        fell = high - shape[i] > fell ? high - shape[i] : fell;
    }
    return count && shape[count - 1] > shape[count / 2] &&
           shape[count - 1] - shape[count / 2] >= FALLS * fell;
}

/* Whether those that should have ended were made early as often as late, or nearly. */
static bool is_spread(const struct cohort *cohort)
{
    const uint32_t *living = cohort->living;
    const uint32_t least = (living[0] + living[1] + living[2]) / (THIRDS + 1);
    return living[0] >= least && living[1] >= least && living[2] >= least;
}

/* Whether it ends some since the first third of the units and there are ever more all the same: a
 * queue of which less is done than comes. */
static bool grows_on(const struct cohort *cohort)
{
    const struct series_growth *growth = &cohort->growth;
    const uint64_t *shape = growth->shape, half = growth->shape_count / 2;
    const uint32_t units = growth->units, first = cohort->over_units.first;
    if (units < LONG_RUN || THIRDS * (cohort->third_gone - first) > units ||
        cohort->gone < ENDED_LEAST || !turnover_keeps_rising(growth))
        return false;
    return 4 * shape[growth->shape_count - 1] + 3 * shape[0] >= 7 * shape[half];
}

/* Whether those that are alive in the end have been there for hardly longer than those were that
 * ended by themselves: their turn may come. */
static bool is_in_time(const struct cohort *cohort)
{
    return !grows_on(cohort) && cohort->ends >= SERIES_UNITS_LEAST &&
           cohort->overdue < SERIES_UNITS_LEAST;
}

static void judge_turnover(struct ledger *ledger)
{
    count_living(ledger);
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct cohort *cohort = cohort_number(ledger, i);
        if (!may_turn_over(cohort))
            continue;
        cohort->piles_up =
            !is_in_time(cohort) &&
            ((!cohort->gave_back && !goes_with_others(cohort)) || grows_on(cohort) ||
             (cohort->alive >= ENDING_UNITS_LEAST && turnover_keeps_rising(&cohort->growth)) ||
             (cohort->overdue >= ENDING_UNITS_LEAST && is_spread(cohort)));
        cohort->gave_back |= !cohort->piles_up;
    }
}

/* Whether POOL was made along with the one that it is below, or before it, and that comes and goes.
 */
static bool is_part(const struct ledger *ledger, const struct pool *pool)
{
    const struct pool *parent = replay_pool(ledger->replay, pool->parent);
    const struct cohort *above = parent ? cohort_of(ledger, parent) : NULL;
    return above && above->gave_back && !above->piles_up && parent->born.kind == pool->born.kind &&
           pool->born.index <= parent->born.index;
}

/* Pools that are parts of what comes and goes do so with it. Whether there were any. */
static bool judge_parts(struct ledger *ledger)
{
    bool any = false;
    for (uint32_t i = 1; i <= ledger->count; i++)
        cohort_number(ledger, i)->apart = 0;
    for (uint32_t i = 1; i < replay_pool_limit(ledger->replay); i++) {
        const struct pool *pool = replay_pool(ledger->replay, i);
        struct cohort *cohort = pool && pool->state == POOL_ALIVE ? cohort_of(ledger, pool) : NULL;
        if (cohort)
            cohort->apart += !is_part(ledger, pool);
    }
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct cohort *cohort = cohort_number(ledger, i);
        if (!cohort->piles_up || cohort->apart >= SERIES_UNITS_LEAST)
            continue;
        cohort->piles_up = false;
        cohort->gave_back = any = true;
    }
    return any;
}

bool turnover_judge(struct ledger *ledger)
{
    bool any = false;
    judge_turnover(ledger);
    for (unsigned depth = 0; depth < DEPTHS && judge_parts(ledger); depth++)
        continue;
    for (uint32_t i = 1; i <= ledger->count; i++)
        any |= cohort_number(ledger, i)->piles_up;
    return any;
}
