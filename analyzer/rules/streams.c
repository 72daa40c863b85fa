/* streams.c - what piles up in a unit of work that goes on and on, see streams.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/streams.h"

#include "analyzer/rules/cohorts.h"
#include "analyzer/rules/time_slices.h"
#include "analyzer/trace/coarse_time.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>

#define THIRDS        3
#define STREAM_EVENTS (2 * TIME_EVENTS_LEAST) /* of a unit that is no large one, but a stream */

/* The pools of one place. */
struct pile {
    struct finding finding;
    uint32_t sample;               /* number of one of them */
    uint64_t by_work[TIME_SLICES]; /* in slices as large as any other, by how many pools came */
    uint64_t by_time[TIME_SLICES];
};

struct piles {
    const struct ledger *ledger;
    const struct replay *replay;
    const struct process *process;
    struct begun from, to; /* the stretch of its life that is judged */
    struct pile *items;
    size_t count;
    struct keymap index; /* by place */
    uint32_t *above;     /* by pool: number of the pile that it counts to, or is below; 0: none */
};

static struct pile *pile_for(struct piles *piles, const struct pool *pool)
{
    const uint32_t site = replay_site(piles->replay, pool->created);
    uint32_t *number = keymap_put(&piles->index, site);
    if (*number)
        return &piles->items[*number - 1];
    const size_t count = piles->count++;
    GROW_TO_POWER(piles->items, count);
    piles->items[count] = (struct pile){.finding = {.phase = PHASE_STEADY,
                                                    .severity = SEVERITY_ERROR,
                                                    .site = site,
                                                    .culprit = pool->created,
                                                    .created = pool->created}};
    *number = (uint32_t)piles->count;
    return &piles->items[count];
}

static unsigned slice_of(uint64_t at, uint64_t from, uint64_t to)
{
    const uint64_t slice = to > from ? (at - from) * TIME_SLICES / (to - from + 1) : 0;
    return slice < TIME_SLICES ? (unsigned)slice : TIME_SLICES - 1;
}

static bool is_of_stream(const struct piles *piles, const struct pool *pool)
{
    return !pool->inherited && pool->state == POOL_ALIVE && pool->order > piles->from.serial &&
           pool->order <= piles->to.serial && !is_straight_in_root(piles->replay, pool);
}

static uint64_t coarse(const struct piles *piles, uint64_t tick)
{
    const struct trace_header *header = piles->process->header;
    return header ? coarse_tick(header, tick) : tick;
}

/* Counts POOL to its pile, or to that of the topmost above it: a link of a chain is one by itself.
 */
static void count_pool(struct piles *piles, const struct pool *pool)
{
    const struct begun *from = &piles->from, *to = &piles->to;
    const uint32_t above = pool->parent ? piles->above[pool->parent] : 0;
    const uint32_t site = replay_site(piles->replay, pool->created);
    const bool link = above && piles->items[above - 1].finding.site == site;
    struct pile *pile = above ? &piles->items[above - 1] : NULL;
    if (is_of_stream(piles, pool) && (!above || link)) {
        pile = pile_for(piles, pool);
        pile->by_work[slice_of(pool->order, from->serial + 1, to->serial)]++;
        pile->by_time[slice_of(coarse(piles, pool->created_tick), coarse(piles, from->tick),
                               coarse(piles, to->tick))]++;
        pile->sample = pile->sample && link ? pile->sample : pool->number;
        pile->finding.count++;
    } else if (pile && is_of_stream(piles, pool)) {
        pile->finding.below++;
    }
    piles->above[pool->number] = pile ? (uint32_t)(pile - piles->items) + 1 : 0;
    if (pile) {
        pile->finding.bytes += pool->bytes;
        cost_add_pool(&pile->finding.cost, piles->replay, pool);
    }
}

static void count_pools(struct piles *piles)
{
    const struct replay *replay = piles->replay;
    const uint32_t limit = replay_pool_limit(replay);
    piles->above = xcalloc(limit, sizeof(*piles->above));
    for (uint32_t i = 1; i < limit; i++) {
        const struct pool *top = replay_pool(replay, i);
        if (!top || top->parent || top->state == POOL_GONE)
            continue;
        for (const struct pool *pool = top; pool; pool = replay_next_pool(replay, top, pool))
            count_pool(piles, pool);
    }
    free(piles->above);
}

static uint32_t slices_used(const uint64_t slices[TIME_SLICES])
{
    uint32_t used = 0;
    for (unsigned i = 0; i < TIME_SLICES; i++)
        used += slices[i] > 0;
    return used;
}

/* The slice in which it began, where that was later than in the first third; else 0. */
static unsigned begins_in(const struct pile *pile)
{
    unsigned first = 0;
    for (uint64_t sum = pile->by_work[0]; sum <= pile->finding.count / TIME_SLICES;)
        sum += pile->by_work[++first];
    return first * THIRDS < TIME_SLICES ? 0 : first;
}

/* As much in each third of the slices from FROM on as were it even, or nearly. */
static bool is_even(const struct pile *pile, unsigned from)
{
    const unsigned slices = TIME_SLICES - from;
    uint64_t thirds[THIRDS] = {0};
    for (unsigned i = 0; i < slices; i++)
        thirds[i * THIRDS / slices] += pile->by_work[from + i];
    for (unsigned i = 0; i < THIRDS; i++)
        if (thirds[i] < pile->finding.count / THIRDS * 2 / 3)
            return false;
    return true;
}

/* Whether none of its place has ended: what is kept for a time is there but late. */
static bool never_ends(const struct piles *piles, const struct pile *pile)
{
    const struct pool *sample = replay_pool(piles->replay, pile->sample);
    const struct cohort *cohort = cohort_of(piles->ledger, sample);
    return cohort && cohort->made == pile->finding.count;
}

static bool goes_on(const struct piles *piles, const struct pile *pile)
{
    const unsigned from = begins_in(pile);
    return is_even(pile, from) && (from == 0 || never_ends(piles, pile));
}

static bool came_at_once(const struct piles *piles, const struct pile *pile)
{
    const struct trace_header *header = piles->process->header;
    if (header && trace_wall_ns(header, coarse(piles, piles->to.tick)) -
                          trace_wall_ns(header, coarse(piles, piles->from.tick)) <
                      TIME_LIFE_LEAST)
        return false;
    uint64_t value[TIME_SLICES] = {0};
    for (unsigned i = 0; i < TIME_SLICES; i++)
        value[i] = (i ? value[i - 1] : 0) + pile->by_time[i];
    return time_slices_at_once(value, TIME_SLICES, 0);
}

static bool piles_up(const struct piles *piles, const struct pile *pile)
{
    return pile->finding.count >= TIME_TAKEN_LEAST &&
           slices_used(pile->by_work) >= TIME_SLICES_LEAST && goes_on(piles, pile) &&
           !came_at_once(piles, pile) &&
           !is_in_cache(piles->replay, replay_pool(piles->replay, pile->sample));
}

static void describe(struct pile *pile, const struct piles *piles)
{
    struct finding *finding = &pile->finding;
    const struct pool *sample = replay_pool(piles->replay, pile->sample);
    struct series_growth growth = {.units = TIME_SLICES,
                                   .grew = slices_used(pile->by_work),
                                   .steady = true,
                                   .shape_count = TIME_SLICES};
    for (unsigned i = 0; i < TIME_SLICES; i++)
        growth.shape[i] = (i ? growth.shape[i - 1] : 0) + pile->by_work[i];
    describe_process(finding, piles->process,
                     (struct span){sample->created_tick, sample->created_tick});
    describe_pool(finding, piles->replay, sample);
    finding->per_unit =
        unit_growth(API_UNIT_TIME, piles->process->pid, &growth,
                    (double)finding->count / growth.grew, (double)finding->bytes / growth.grew);
}

/* What piled up from FROM to TO, if so many pool EVENTS at least came meanwhile. */
static void find_in(struct findings *found, struct piles *piles, struct begun from, struct begun to,
                    uint64_t events)
{
    if (!from.tick || to.events < from.events + events)
        return;
    piles->from = from;
    piles->to = to;
    count_pools(piles);
    for (size_t i = 0; i < piles->count; i++) {
        if (!piles_up(piles, &piles->items[i]))
            continue;
        describe(&piles->items[i], piles);
        findings_append(found, &piles->items[i].finding);
    }
    free(piles->items);
    keymap_free(&piles->index);
    *piles =
        (struct piles){.ledger = piles->ledger, .replay = piles->replay, .process = piles->process};
}

struct findings streams_find(const struct ledger *ledger, const struct process *process)
{
    struct findings found = {0};
    const struct replay *replay = ledger->replay;
    struct piles piles = {.ledger = ledger, .replay = replay, .process = process};
    const struct begun now = {process->events, process->tick, replay_last_serial(replay)};
    const bool any = process->first.tick > 0;
    if (any && unit_is_judged(process, API_UNIT_TIME))
        find_in(&found, &piles, process->timed, process->first, TIME_EVENTS_LEAST);
    find_in(&found, &piles, process->last, now, any ? STREAM_EVENTS : TIME_EVENTS_LEAST);
    return found;
}
