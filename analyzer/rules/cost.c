/* cost.c - what findings hold in the blocks of pools, added up: see cost.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/rules/cost.h"

static void add(struct cost *cost, uint64_t bytes, bool estimated)
{
    cost->end += bytes;
    cost->peak += bytes;
    cost->estimated |= estimated;
}

void cost_add_pool(struct cost *cost, const struct replay *replay, const struct pool *pool)
{
    const struct pool_held held = replay_pool_held(replay, pool);
    add(cost, held.bytes, held.estimated);
}

void cost_add_bytes(struct cost *cost, const struct replay *replay, const struct pool *pool,
                    uint64_t bytes)
{
    const struct pool_held held = replay_pool_held(replay, pool);
    const double part = pool->bytes ? (double)held.bytes / (double)pool->bytes : 1;
    add(cost, (uint64_t)((double)bytes * part), held.estimated || !pool->bytes);
}

static uint64_t at_a_time(const struct cost *cost)
{
    return cost->once ? cost->once : cost->peak;
}

void cost_add(struct cost *cost, const struct cost *from)
{
    const bool in_turn = (cost->once || from->once) && at_a_time(cost) && at_a_time(from);
    cost->once = in_turn ? at_a_time(cost) + at_a_time(from) : 0;
    cost->end += from->end;
    cost->peak += from->peak;
    cost->a_unit = from->a_unit > cost->a_unit ? from->a_unit : cost->a_unit;
    cost->a_day += from->a_day;
    cost->estimated |= from->estimated;
}
