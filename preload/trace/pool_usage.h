/* pool_usage.h - what a pool's blocks hold, as events tell it. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_TRACE_POOL_USAGE_H
#define PRELOAD_TRACE_POOL_USAGE_H

#include <stdint.h>

/* Bytes; UINT64_MAX: not known. */
struct pool_usage {
    uint64_t used, capacity;
};

#define POOL_USAGE_UNKNOWN ((struct pool_usage){UINT64_MAX, UINT64_MAX})

#endif
