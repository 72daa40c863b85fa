/*
 * stale_sites.h - which allocations are sampled to see when they are used last: the first that a
 * backtrace makes, and more of those that outlive their unit of work, as often as the rate allows.
 *
 * Another thread's count may be lost. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_STALE_SITES_H
#define PRELOAD_GUARD_STALE_SITES_H

#include <stdbool.h>
#include <stdint.h>

/* EVERY: after the first of each backtrace, at most one allocation in so many; 1: all. */
void stale_sites_setup(uint32_t every);

/* Is an allocation at STACK one that stale_sites_take() is to be asked for? Else it is counted. */
bool stale_sites_may_take(uint32_t stack);

/* Is it to be sampled? */
bool stale_sites_take(uint32_t stack);

/* What was sampled at STACK ended in its unit of work, or outlived that. */
void stale_sites_learn(uint32_t stack, bool outlived);

#endif
