/*
 * rounded_size.c - what an allocation takes from its pool, rounded up as the pool's system does;
 * see rounded_size.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/replay/rounded_size.h"

#include "analyzer/replay/replay.h"

uint64_t rounded_size(const struct replay *replay, const struct pool *pool, uint64_t size)
{
    const struct api *api = replay_pool_api(replay, pool);
    uint64_t over = api ? size % api->align : 0;
    return over && size <= UINT64_MAX - api->align ? size + (api->align - over) : size;
}
