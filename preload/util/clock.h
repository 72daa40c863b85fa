/*
 * clock.h - the time of events, in ticks.
 *
 * A tick is 1 << clock_shift cycles of the time stamp counter where that runs at one speed on all
 * processors, else 1 << clock_shift nanoseconds. Async-signal-safe.
 *
 * A process may have itself ended for reading that counter, which clock_gettime() does, too. Then
 * time is as fine as the kernel's timer, and what comes later has a later time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UTIL_CLOCK_H
#define PRELOAD_UTIL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

extern bool clock_has_tsc;
extern uint32_t clock_shift;

/* What clock_coarse() reads: clock_gettime() as the kernel put it into the process. */
extern int (*clock_read_coarse)(clockid_t id, struct timespec *now);

void clock_setup(void);

/* The counter may not be read from here on; false: so it was already. It may be again. */
bool clock_leave_counter(void);
void clock_take_counter(void);

uint64_t clock_ns(clockid_t id);

/* Where the counter is not read. */
uint64_t clock_ticks_instead(void);

static inline uint64_t clock_ticks(void)
{
    return clock_has_tsc ? __builtin_ia32_rdtsc() >> clock_shift : clock_ticks_instead();
}

/*
 * What changes with the kernel's timer, 100 to 1000 times a second, and costs a quarter of
 * clock_ticks(). While it is the same, so is the time, but for that.
 */
static inline uint64_t clock_coarse(void)
{
    struct timespec now; /* filled in: clock_setup() has tried it */
    clock_read_coarse(CLOCK_MONOTONIC_COARSE, &now);
    return (uint64_t)now.tv_sec << 30 | (uint64_t)now.tv_nsec;
}

/*
 * The same as clock_ticks(), not before everything in front of it is done. What another thread did
 * before it let this one go on has a lower number: to hand over takes longer than a tick.
 */
static inline uint64_t clock_ticks_now(void)
{
    __asm__ volatile("lfence" ::: "memory");
    return clock_ticks();
}

#endif
