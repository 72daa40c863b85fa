/*
 * clock.h - the time of events, in ticks.
 *
 * A tick is 1 << clock_shift cycles of the time stamp counter where that runs at one speed on all
 * processors, else 1 << clock_shift nanoseconds. Async-signal-safe.
 */
#ifndef LIFEGUARD_CLOCK_H
#define LIFEGUARD_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

extern bool clock_has_tsc;
extern uint32_t clock_shift;

void clock_setup(void);

static inline uint64_t clock_ns(clockid_t id)
{
    struct timespec now = {0};
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t clock_ticks(void)
{
    return (clock_has_tsc ? __builtin_ia32_rdtsc() : clock_ns(CLOCK_MONOTONIC)) >> clock_shift;
}

/*
 * The same, not before everything in front of it is done. What another thread did before it let
 * this one go on has a lower number: to hand over takes longer than a tick.
 */
static inline uint64_t clock_ticks_now(void)
{
    __asm__ volatile("lfence" ::: "memory");
    return clock_ticks();
}

#endif
