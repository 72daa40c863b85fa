/*
 * emptied.h - older pools that are cleared again and again with nothing in them, of which it was
 * told that they were, and where.
 *
 * Async-signal-safe, and for one thread at a time.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_YOUNG_EMPTIED_H
#define PRELOAD_YOUNG_EMPTIED_H

#include <stdbool.h>
#include <stdint.h>

/* Was it told that POOL was cleared at STACK with nothing in it? From now on it is. */
bool emptied_again(uint64_t pool, uint32_t stack);

/* POOL ends, or another one is made at this address. */
void emptied_forget(uint64_t pool);
void emptied_forget_all(void);

#endif
