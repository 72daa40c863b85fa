/* history_walk.c - the pools that are alive at a moment; see history_walk.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/html/history_walk.h"

#include "analyzer/util/memory.h"
#include "analyzer/util/redact.h"

#include <stdlib.h>
#include <string.h>

/* Where a pool counts. */
struct place {
    uint32_t node, part; /* part: of a finding that the pool or one above it is in; 0: none */
};

struct tally *tally_of(struct tallies *tallies, uint32_t number)
{
    if (number >= tallies->count) {
        size_t count = number < 32 ? 64 : 2 * (size_t)number;
        tallies->items = xreallocarray(tallies->items, count, sizeof(*tallies->items));
        memset(tallies->items + tallies->count, 0,
               (count - tallies->count) * sizeof(*tallies->items));
        tallies->count = count;
    }
    return &tallies->items[number];
}

static void add_amount(struct amount *sum, struct amount amount)
{
    sum->bytes += amount.bytes;
    sum->held += amount.held;
}

void tally_add(struct tally *sum, struct tally tally)
{
    add_amount(&sum->all, tally.all);
    add_amount(&sum->own, tally.own);
    sum->pools += tally.pools;
    sum->own_pools += tally.own_pools;
}

static struct tally pool_tally(const struct walked *walked, const struct pool *pool)
{
    struct amount all = {pool->bytes, replay_pool_held(walked->replay, pool).bytes}, before = {0};
    if (pool->inherited && pool->number < walked->inherited_limit)
        before = walked->inherited[pool->number];
    struct amount own = {all.bytes - before.bytes,
                         all.held > before.held ? all.held - before.held : 0};
    return (struct tally){all, own, 1, !pool->inherited};
}

/* Whether the claim is for what is done in that process. */
static bool claims_process(const struct part_claim *claim, const struct process *process)
{
    return claim->finding->kind == process->kind;
}

/* The part that POOL is in by itself, or else that of the pool ABOVE. */
static uint32_t pool_part(struct finding_parts *parts, const struct process *process,
                          const struct pool *pool, uint32_t above)
{
    if (pool->inherited)
        return 0;
    const struct part_claim *claim = finding_parts_claim(parts, pool->created);
    for (; claim; claim = finding_parts_next(parts, claim)) {
        if (finding_in_pools(claim->finding) && claims_process(claim, process))
            return claim->part;
    }
    return above;
}

static void add_pool(struct history_walk *walk, const struct walked *walked,
                     const struct pool *pool)
{
    static const struct place top;
    struct history *history = walk->history;
    const struct place above = pool->parent ? walk->places[pool->parent] : top;
    struct tally tally = pool_tally(walked, pool);
    struct place place = {.node =
                              pool_nodes_find(&history->nodes, walked->replay, pool, above.node),
                          .part = pool_part(history->parts, walked->process, pool, above.part)};
    walk->places[pool->number] = place;
    tally_add(tally_of(&walk->now, place.node), tally);
    if (!place.part)
        return;
    tally.pools = tally.own_pools = place.part != above.part;
    tally_add(tally_of(&walk->parts, place.part), tally);
}

/* Whether pools of that name are FINDING's; any may be that have none yet. */
static bool is_of_pool(const struct finding *finding, const char *label)
{
    return !label || (finding->tag && strcmp(label, finding->tag) == 0) ||
           (finding->role && strcmp(label, finding->role) == 0);
}

static void add_site(struct history_walk *walk, const struct process *process,
                     const struct alloc_site *site)
{
    struct finding_parts *parts = walk->history->parts;
    const struct part_claim *claim = finding_parts_claim(parts, site->stack);
    const char *label =
        claim && site->label ? redact_name(strings_get(&walk->history->labels, site->label)) : NULL;
    const struct amount alive = {site->alive, site->alive};
    for (; claim; claim = finding_parts_next(parts, claim)) {
        if (!finding_in_pools(claim->finding) && claims_process(claim, process) &&
            is_of_pool(claim->finding, label))
            tally_add(tally_of(&walk->parts, claim->part), (struct tally){alive, alive, 0, 0});
    }
}

static void clear(struct tallies *tallies)
{
    if (tallies->count)
        memset(tallies->items, 0, tallies->count * sizeof(*tallies->items));
}

static void make_room(struct history_walk *walk, uint32_t pools)
{
    if (pools <= walk->place_room)
        return;
    walk->place_room = 2 * pools;
    walk->places = xreallocarray(walk->places, walk->place_room, sizeof(*walk->places));
}

void history_walk(struct history_walk *walk, const struct walked *walked)
{
    struct replay *replay = walked->replay;
    const uint32_t limit = replay_pool_limit(replay);
    clear(&walk->now);
    clear(&walk->parts);
    make_room(walk, limit);
    for (uint32_t i = 1; i < limit; i++) {
        const struct pool *top = replay_pool(replay, i);
        if (!top || top->parent || top->state != POOL_ALIVE)
            continue;
        for (const struct pool *pool = top; pool; pool = replay_next_pool(replay, top, pool))
            add_pool(walk, walked, pool);
    }
    for (size_t i = 0; i < walked->sites->count; i++)
        add_site(walk, walked->process, &walked->sites->items[i]);
}

void history_walk_free(struct history_walk *walk)
{
    free(walk->now.items);
    free(walk->parts.items);
    free(walk->places);
}
