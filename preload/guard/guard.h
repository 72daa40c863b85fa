/*
 * guard.h - LIFEGUARD_GUARD: some allocations, or all, are served from pages of their own, so that
 * touching them after their pool has ended, or what is beyond them, is seen.
 *
 * Async-signal-safe but for guard_setup(); errno stays.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_GUARD_H
#define PRELOAD_GUARD_GUARD_H

#include <stdbool.h>

/* As the options say; once, before main. NULL: it is on; else why it cannot be. */
const char *guard_setup(void);

/* Whether it is on. */
extern bool guard_on;

static inline bool guard_is_on(void)
{
    return guard_on;
}

/* In the child of a fork. */
void guard_forked(void);

#endif
