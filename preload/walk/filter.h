/*
 * filter.h - which stretches of addresses have something in them that was not reached yet: a word
 * that leads elsewhere need not be looked up. Nearly all words are told so by one load from a table
 * that fits the first cache.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_WALK_FILTER_H
#define PRELOAD_WALK_FILTER_H

#include "preload/walk/walk.h"

#define WALK_PENDING_BITS 14
#define WALK_PENDING      (1u << WALK_PENDING_BITS)

/* EXTENT is to be found from now on, or no more. */
void walk_pend(struct walk *walk, const struct walk_extent *extent, bool wanted);

/* The counter of stretch number KEY, which it shares with others. */
static inline uint32_t walk_bucket(uint64_t key)
{
    return (uint32_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> (64 - WALK_PENDING_BITS));
}

/* May ADDRESS lead to something that is to be found? */
static inline bool walk_is_pending(const struct walk *walk, uint64_t address)
{
    return walk->pending[walk_bucket(address >> walk->granule)] > 0;
}

#endif
