/*
 * stale_units.h - the unit of work of each thread, and the pools at hand in it: those that were
 * made in it first, and are alive.
 *
 * Each is its thread's own, but that others may ask whether a pool is at hand of anybody. For
 * stale.c. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_STALE_UNITS_H
#define PRELOAD_GUARD_STALE_UNITS_H

#include "preload/trace/stream.h"

#include <stdbool.h>
#include <stdint.h>

#define STALE_HANDS 4u /* pools of a unit that are looked at */

struct stale_unit {
    uint64_t hands[STALE_HANDS]; /* 0: none */
    uint64_t second;             /* where time stands in */
    uint32_t fresh;              /* samples */
    bool begun;
    bool asked; /* a sample has these hands */
};

/* NULL: units are not followed in STREAM, as it is one of very many or a signal handler's. */
struct stale_unit *stale_units_of(const struct stream *stream);

/* The unit of the thread whose stream has NUMBER, of a sample that was taken in it. */
struct stale_unit *stale_units_numbered(uint32_t number);

/* POOL was made in UNIT; is at hand no more. False: it was not. */
void stale_units_give(struct stale_unit *unit, uint64_t pool);
bool stale_units_forget(struct stale_unit *unit, uint64_t pool);

/* None is at hand in UNIT. */
void stale_units_drop(struct stale_unit *unit);

/* May POOL be at hand in some unit? */
bool stale_units_may_have(uint64_t pool);

/* In the child of a fork. */
void stale_units_forked(void);

#endif
