/* left_over.c - the few that do not end, of many that do: see left_over.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/left_over.h"

#define SELDOM       4  /* so many times as many are made: the others end */
#define ENDED_LEAST  10 /* in later units: fewer do not tell how long they live */
#define TIMES_LONGER 2  /* than any that ended is the oldest one that is left */
#define LATE_PART    3  /* tenths of all units, the mean of those in which they were made */

const char left_over_advice[] =
    "Most of these pools are destroyed, and a few are not: a return on an error may be why. What "
    "is "
    "kept on purpose now and then looks the same. A longer run shows whether more and more stay.";

/* Since the first of COHORT was made, so many units have begun. */
static uint32_t units_since(const struct ledger *ledger, const struct cohort *cohort)
{
    return units_begun(ledger->process, cohort->unit) - cohort->begun + 1;
}

bool is_left_over(const struct ledger *ledger, const struct cohort *cohort, const struct pool *pool)
{
    const uint32_t age = units_begun(ledger->process, cohort->unit) - pool->born.index;
    return age > cohort->longest;
}

bool is_seldom_left(const struct way *way)
{
    return way->made >= SELDOM * way->pools;
}

static void count_left(struct ledger *ledger)
{
    const uint32_t limit = replay_pool_limit(ledger->replay);
    for (uint32_t i = 1; i < limit; i++) {
        const struct pool *pool = replay_pool(ledger->replay, i);
        struct cohort *cohort = pool && pool->state == POOL_ALIVE ? cohort_of(ledger, pool) : NULL;
        if (!cohort || !is_left_over(ledger, cohort, pool))
            continue;
        const uint32_t at = pool->born.index - cohort->begun;
        cohort->first_left = cohort->left ? cohort->first_left : at;
        cohort->first_left = at < cohort->first_left ? at : cohort->first_left;
        cohort->left_at += at;
        cohort->left++;
    }
}

bool left_over_is_spread(const struct cohort *cohort, uint32_t units)
{
    return 10 * cohort->left_at >= LATE_PART * cohort->left * units;
}

/* Whether hardly any that outlived their unit ended. */
static bool is_of_one_unit(const struct cohort *cohort)
{
    return cohort->made >= SELDOM * (cohort->alive + cohort->gone) &&
           2 * cohort->gone <= cohort->left;
}

/* Whether the oldest one has been there for much longer than any of those that ended in another
 * unit than theirs. */
static bool is_outliving(const struct cohort *cohort, uint32_t units)
{
    return cohort->gone >= ENDED_LEAST && cohort->gone >= SELDOM * cohort->left &&
           units - cohort->first_left > TIMES_LONGER * cohort->longest;
}

static bool is_candidate(const struct cohort *cohort)
{
    return !cohort->piles_up && cohort->unit != API_UNIT_TIME && cohort->over_units.buckets &&
           cohort->alive >= SERIES_UNITS_LEAST && cohort->made >= SELDOM * SERIES_UNITS_LEAST;
}

/* Whether what is left of COHORT says something, if it is only a few or not. */
static bool is_asked_for(const struct cohort *cohort)
{
    return is_candidate(cohort) || (cohort->piles_up && cohort->growth.fading);
}

bool left_over_judge(struct ledger *ledger)
{
    bool any = false;
    for (uint32_t i = 1; i <= ledger->count && !any; i++)
        any = is_asked_for(cohort_number(ledger, i));
    if (any)
        count_left(ledger);
    any = false;
    for (uint32_t i = 1; i <= ledger->count; i++) {
        struct cohort *cohort = cohort_number(ledger, i);
        const uint32_t units = units_since(ledger, cohort);
        if (!is_candidate(cohort) || cohort->left < SERIES_UNITS_LEAST ||
            !unit_is_judged(ledger->process, cohort->unit) || !left_over_is_spread(cohort, units))
            continue;
        cohort->few = is_of_one_unit(cohort) || is_outliving(cohort, units);
        cohort->piles_up = cohort->few;
        any |= cohort->few;
    }
    return any;
}

struct series_growth left_over_growth(const struct finding *finding, const struct cohort *cohort)
{
    struct series_growth growth = {.units = cohort->growth.units,
                                   .since = cohort->growth.units - cohort->first_left,
                                   .total = finding->count,
                                   .growing = true,
                                   .shape_count = cohort->growth.shape_count};
    for (size_t i = 0; i < finding->places.count; i++)
        growth.grew += (uint32_t)finding->places.items[i].per_unit.grew;
    growth.median = (double)finding->count / growth.grew;
    for (unsigned i = 0; i < growth.shape_count; i++)
        growth.shape[i] = cohort->growth.shape[i];
    return growth;
}
