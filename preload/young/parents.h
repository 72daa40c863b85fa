/*
 * parents.h - pools of which the trace has that one was made in them, as far as there is room: one
 * that is not known here is taken for new.
 *
 * Async-signal-safe, and for one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_PARENTS_H
#define PRELOAD_YOUNG_PARENTS_H

#include <stdbool.h>
#include <stdint.h>

bool parents_have(uint64_t pool);

/* The trace has that one was made in POOL. */
void parents_note(uint64_t pool);

/* Another pool is made at this address. */
void parents_forget(uint64_t pool);
void parents_forget_all(void);

#endif
