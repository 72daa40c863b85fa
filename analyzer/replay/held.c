/*
 * held.c - what a pool holds: the bytes in its blocks, of which what was asked for is a part. They
 * are known where the program's memory was looked at, which is when a pool ends, is cleared, or is
 * there at the process's end; else they are estimated.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/internal.h"

void replay_learn_capacity(struct replay *replay, struct pool *pool, uint64_t capacity)
{
    if (capacity == UINT64_MAX)
        return;
    uint64_t *least = &replay->current->least_capacity[pool->system];
    pool->capacity = capacity;
    if (*least == 0 || capacity < *least)
        *least = capacity;
}

struct pool_held replay_pool_held(const struct replay *replay, const struct pool *pool)
{
    const uint64_t least = replay->current->least_capacity[pool->system];
    const bool known = pool->capacity != UINT64_MAX;
    struct pool_held held = {.bytes = known ? pool->capacity : least};
    held.estimated = !known || held.bytes < pool->bytes;
    if (held.bytes < pool->bytes)
        held.bytes = pool->bytes;
    return held;
}
