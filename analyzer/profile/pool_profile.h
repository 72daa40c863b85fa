/*
 * pool_profile.h - what was taken from the pools of a recording, and what of it was there at the
 * end, by pool and backtrace. Pools with the same path, tag, role and place of creation are one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_POOL_PROFILE_H
#define ANALYZER_PROFILE_POOL_PROFILE_H

#include "analyzer/replay/recording.h"
#include "analyzer/util/string_table.h"

#include <stdint.h>

struct error;
struct recording;

struct profile_pool {
    uint32_t path, tag, role; /* in struct pool_profile's strings, as at the pool's end; 0: none */
    uint32_t created;         /* stack number */
    enum process_kind kind;
    uint64_t made, alive;            /* pools, and those there at the end; not what was inherited */
    uint64_t count, bytes;           /* allocations; bytes rounded up as the API does */
    uint64_t live_count, live_bytes; /* of these, what was there at the end */
};

struct profile_sample {
    uint32_t pool;  /* index */
    uint32_t stack; /* stack number */
    uint64_t count, bytes, live_count, live_bytes;
};

struct pool_profile {
    struct profile_pool *pools;
    size_t pool_count, pool_capacity;
    struct profile_sample *samples; /* each pool and stack once */
    size_t sample_count, sample_capacity;
    struct strings strings; /* raw bytes */
    struct strings keys;    /* of pools */
    struct keymap index;    /* of samples */
};

/*
 * Replays RECORDING. PID: only of that process, 0: of all; each allocation is that of the process
 * that made it. False with *ERROR set when it cannot be read; pool_profile_free() is called in any
 * case.
 */
bool pool_profile_read(struct pool_profile *profile, struct recording *recording, int32_t pid,
                       struct error *error);
void pool_profile_free(struct pool_profile *profile);

/* The same of a recording while it is written: whoever follows it tells the observer, in one
 * thread; the profile is whole when all processes have come to their ends. */
struct pool_profiling;
struct pool_profiling *pool_profiling_new(int32_t pid);
struct replay_observer pool_profiling_observer(struct pool_profiling *profiling);
const struct pool_profile *pool_profiling_profile(const struct pool_profiling *profiling);
void pool_profiling_free(struct pool_profiling *profiling); /* NULL: nothing */

#endif
