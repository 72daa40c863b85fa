/*
 * clock.h - the time since some moment in the past, by a clock that is never set.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_CLOCK_H
#define ANALYZER_UTIL_CLOCK_H

#include <stdint.h>
#include <sys/resource.h>
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

/* The processor's time that this thread, and processes that were waited for, have taken so far: on
 * a busy machine that is less than what passes. */
static inline uint64_t worked_ns(void)
{
    static const int whose[] = {RUSAGE_THREAD, RUSAGE_CHILDREN};
    uint64_t us = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct rusage usage = {0};
        getrusage(whose[i], &usage);
        us += (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
              (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
    }
    return us * 1000;
}

#endif
