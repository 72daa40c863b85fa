/*
 * allocations.h - everything a recording's processes took from their pools, summed up by backtrace
 * and, where that is asked for, by the path of the pool.
 */
#ifndef LIFEGUARD_ALLOCATIONS_H
#define LIFEGUARD_ALLOCATIONS_H

#include "recording.h"
#include "string_table.h"

struct allocation_total {
    uint32_t path;  /* of the pool when it was taken, in struct allocations; 0: not asked for */
    uint32_t stack; /* stack number */
    uint64_t count;
    uint64_t bytes; /* rounded up as the API does */
};

struct allocations {
    struct allocation_total *items; /* each path and stack once, in the order of the first */
    size_t count, capacity;
    struct strings paths; /* as of replay_pool_path(): raw bytes */
    struct keymap index;
};

/*
 * Replays RECORDING. PID: only of that process, 0: of all. False with *ERROR set when it cannot be
 * read; allocations_free() is called in any case.
 */
bool allocations_read(struct allocations *allocations, struct recording *recording, bool by_pool,
                      int32_t pid, struct error *error);
void allocations_free(struct allocations *allocations);

#endif
