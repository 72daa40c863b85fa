/*
 * stale_samples.h - the sampled allocations of a process, by their pools, and the pages that they
 * are in.
 *
 * For stale.c, under its lock, but for stale_samples_may_have(). Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_STALE_SAMPLES_H
#define PRELOAD_GUARD_STALE_SAMPLES_H

#include "preload/guard/stale_pages.h"
#include "preload/guard/stale_units.h"

#define STALE_DYING 1u /* in a pool's address: the pool is being ended */

enum stale_state {
    STALE_NONE,
    STALE_FRESH,   /* its unit goes on */
    STALE_WATCHED, /* it is over */
    STALE_BLIND    /* it is in use, and not looked at: it cannot be, or need not any more */
};

struct stale_sample {
    uint64_t pool, start;
    uint64_t hands[STALE_HANDS]; /* pools of its unit that were alive then; 0: none */
    uint32_t stack;
    uint32_t seen; /* how many units had begun when it was looked at last, by itself */
    uint32_t next; /* of its bucket or, when it is free, of those that are: number + 1 */
    uint16_t size, stream;
    uint8_t state; /* enum stale_state */
    uint8_t uses;  /* while it was watched */
    bool hidden;   /* since a pool at hand ended */
};

/* By the number of its page. Those of this process are from the first to those used; those before
 * are of its parents. */
extern struct stale_samples {
    struct stale_sample all[STALE_SLOTS];
    uint32_t first, used;
} stale_samples;

/* May one have the pool as KEY says it: with STALE_DYING or without? Needs no lock. */
bool stale_samples_may_have(uint64_t key);

/* One of SIZE bytes, zeroed, for POOL, that is fresh, and otherwise empty. NULL: there is no room.
 */
struct stale_sample *stale_samples_take(uint64_t pool, uint64_t size);

/* Those of POOL have it as STALE_DYING says. Without the lock it may miss some, if another thread
 * does something meanwhile: then it returns false. */
bool stale_samples_mark_dying(uint64_t pool);

/* Those of the pool as KEY says it are no more, each after ENDS was called with its number. Their
 * memory is as it was until it is needed. */
void stale_samples_end(uint64_t key, void (*ends)(void *data, uint32_t number), void *data);

/* In the child of a fork: what there is is in use, and not this process's to look at. */
void stale_samples_forked(void);

#endif
