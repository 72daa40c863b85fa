/* touched.h - which pages of a process there is something in: the rest was never written. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_WALK_TOUCHED_H
#define PRELOAD_WALK_TOUCHED_H

#include <stdint.h>

typedef void walk_touched_seen(void *data, uint64_t begin, uint64_t end);

/*
 * Calls SEEN for each run of pages from BEGIN to END, whole pages, that are in memory or swapped
 * out, as PAGEMAP says, a descriptor of /proc/PID/pagemap; for all of them where it says nothing.
 * Async-signal-safe; errno stays.
 */
void walk_touched(int pagemap, uint64_t begin, uint64_t end, walk_touched_seen *seen, void *data);

#endif
