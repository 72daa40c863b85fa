/* leak_endings.c - leaked pools that end after all; see leak_endings.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/leak_endings.h"

#include "analyzer/rules/describe.h"
#include "analyzer/rules/turnover.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

/* Whether it counts that they had piled up: what holds others ended, or LAST the process, which
 * frees what it has where it ended none before. */
static bool ending_counts(const struct cohort *cohort, bool last)
{
    const struct ending *ending = cohort->ending;
    if (last && cohort->told)
        return false;
    return ending_is_held(ending) || (last && !cohort->flushes && 2 * ending->anew > ending->pools);
}

/* Whether there had been ever more of them when these ended. */
static bool had_risen(const struct cohort *cohort)
{
    const struct series *series = &cohort->over_units;
    const struct series_growth growth =
        series->buckets ? series_growth_before(series) : (struct series_growth){0};
    return series->unit == cohort->ending->unit.index && growth.growing && growth.rising &&
           turnover_keeps_rising(&growth);
}

/* Whether what ends is more than what comes and goes, which was made late. Of time, growth tells as
 * much. */
static bool had_piled_up(const struct cohort *cohort, uint32_t first, uint32_t units)
{
    return cohort->unit == API_UNIT_TIME ||
           births_are_spread(&cohort->ending->births, first, units) || had_risen(cohort);
}

/* Whether they are of few units, and what held them was there before the first of them, as a client
 * is who has not asked for anything yet: with those of several clients they are a pattern, too. */
static bool is_of_client(const struct cohort *cohort)
{
    const struct ending *ending = cohort->ending;
    return cohort->unit != API_UNIT_TIME && ending_is_held(ending) && ending->since != UINT32_MAX &&
           ending->since > 0 && ending->births.lowest > ending->since &&
           births_units(&ending->births) < ENDING_UNITS_LEAST;
}

static void judge_ending(struct rule_state *state, const struct process *process,
                         struct cohort *cohort, bool last)
{
    struct ending *ending = cohort->ending;
    struct series_growth growth;
    uint32_t first = cohort->over_units.first;
    const uint32_t units = units_begun(process, cohort->unit);
    const bool late = cohort->begun > first + (units - first) / 3;
    const bool few = is_of_client(cohort);
    const uint32_t least = few || (!late && last) ? SERIES_UNITS_LEAST : ENDING_UNITS_LEAST;
    first = late ? cohort->begun : first;
    cohort->flushes |= !last && !ending_is_held(ending) && ending->pools >= least;
    if (!ending_counts(cohort, last) || !unit_is_judged(process, cohort->unit) ||
        !ending_grew(ending, process, cohort->unit, first, least, &growth) ||
        (few && 2 * growth.grew < growth.units) ||
        (cohort->gave_back && !had_piled_up(cohort, first, units)))
        return;
    struct finding finding = leak_finding(cohort);
    finding.culprit = finding.created = ending->created;
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
    leak_set_growth(&finding, process, cohort->unit, &growth);
    soften_job(&finding);
    const uint32_t key = cohort_number_of(state->current, cohort);
    rule_hold(state, &finding, key, growth.units, ending->documented);
    if (ending->births.lowest == ending->since)
        rule_note_remade(state, key);
    if (few)
        rule_note_brief(state, key);
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

void leak_endings_finish(struct rule_state *state, const struct process *process, bool last)
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
    ledger->free = cohort_number_of(ledger, cohort);
}

static void note_above(const struct ledger *ledger, struct cohort *cohort, const struct pool *pool,
                       const struct pool *with)
{
    const struct pool *parent = with == pool ? NULL : replay_pool(ledger->replay, pool->parent);
    struct cohort *above = parent && parent != with ? cohort_of(ledger, parent) : NULL;
    if (!above || above == cohort || !above->ending || !above->ending->active)
        return;
    cohort->ending->child++;
    cohort->ending->above = cohort_number_of(ledger, above);
}

/* Whether the endings that are active go on. Time has no units that a teardown would be one of: it
 * goes on until one of these is made again, see leak_endings_remade(). */
static bool goes_on(const struct ledger *ledger, const struct process *process)
{
    const struct unit unit = cohort_number(ledger, ledger->free)->ending->unit;
    return same_unit(unit, process->unit) ||
           (unit.kind == API_UNIT_TIME && process->unit.kind == API_UNIT_TIME);
}

void leak_endings_remade(struct rule_state *state, const struct process *process,
                         const struct cohort *cohort)
{
    if (cohort->ending && cohort->ending->active && cohort->ending->unit.kind == API_UNIT_TIME)
        leak_endings_finish(state, process, false);
}

void leak_endings_add(struct rule_state *state, const struct process *process,
                      struct cohort *cohort, const struct pool *pool, const struct pool *with,
                      uint32_t stack)
{
    struct ledger *ledger = state->current;
    const struct replay *replay = ledger->replay;
    if (ledger->free && !goes_on(ledger, process))
        leak_endings_finish(state, process, false);
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

void leak_endings_hold(struct ledger *ledger, const struct cohort *cohort,
                       const struct pool *holder)
{
    const bool old = cohort && cohort->ending && cohort->ending->active;
    for (uint32_t i = ledger->free; i; i = cohort_number(ledger, i)->next_ending) {
        struct cohort *held = cohort_number(ledger, i);
        const uint64_t count = ending_hold(held->ending, holder);
        if (count == 0 || !old || held == cohort)
            continue;
        held->ending->child += count;
        held->ending->above = cohort_number_of(ledger, cohort);
    }
}
