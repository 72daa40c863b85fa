/*
 * looked.h - which of a pool's allocations are looked at, where it has too many to look at all: the
 * recorder, what thins its traces and the rules agree on it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_LOOKED_H
#define PRELOAD_TRACE_LOOKED_H

#include <stdint.h>

#define TRACE_LOOKED_FIRST 32
#define TRACE_LOOKED_AGAIN 8

/* Of a pool the first allocation is looked at that makes it more than TRACE_LOOKED_FIRST, and after
 * one that makes it so many the one that makes it as many as this, about one in TRACE_LOOKED_AGAIN.
 * Not in step with a program that takes from several places in turn. */
static inline uint64_t trace_looked_again(uint64_t allocations)
{
    const uint64_t mixed = allocations * UINT64_C(0x9e3779b97f4a7c15);
    const uint64_t some = ((mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93)) >> 61;
    return allocations < TRACE_LOOKED_FIRST ? TRACE_LOOKED_FIRST + 1 + some
                                            : allocations + TRACE_LOOKED_AGAIN / 2 + some;
}

#endif
