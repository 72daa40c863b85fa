/*
 * total.h - the limit of all traces of a directory together: a number that all of its processes
 * have mapped. A process that changes it as it likes ends the recording, or its limit, and nothing
 * else.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_TOTAL_H
#define PRELOAD_TRACE_TOTAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Maps that of DIR, a descriptor, which is made where it is missing; forked processes have it, too.
 * MAX: bytes. False: it cannot be. */
bool total_begin(int dir, uint64_t max);

/* Counts SIZE bytes more. False: that is more than there may be, and they are not counted.
 * Async-signal-safe. True where there is no limit. */
bool total_take(size_t size);

#endif
