/*
 * rounded_size.h - what an allocation takes from its pool, rounded up as the pool's system does.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_ROUNDED_SIZE_H
#define ANALYZER_REPLAY_ROUNDED_SIZE_H

#include <stdint.h>

struct pool;
struct replay;

/* Bytes that an allocation of SIZE takes from POOL. */
uint64_t rounded_size(const struct replay *replay, const struct pool *pool, uint64_t size);

#endif
