/*
 * clock.h - the time since some moment in the past, by a clock that is never set.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_CLOCK_H
#define ANALYZER_UTIL_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static inline uint64_t monotonic_ms(void)
{
    return monotonic_ns() / 1000000;
}

#endif
