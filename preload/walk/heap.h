/* heap.h - glibc's main heap, chunk by chunk: what malloc() has given out and not got back. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_WALK_HEAP_H
#define PRELOAD_WALK_HEAP_H

#include "preload/walk/memory.h"

#define WALK_CACHE_MAX 1024 /* chunks of a thread's cache that are known to be free */

/* What was given out from BEGIN to END: a CHUNK or, where the heap looks otherwise, its rest. */
typedef void walk_given(void *data, uint64_t begin, uint64_t end, bool chunk);

/* Does what lies from BEGIN to END look like such a heap? */
bool walk_is_heap(struct walk_memory *memory, uint64_t begin, uint64_t end);

/* Calls GIVEN for each. */
void walk_heap(struct walk_memory *memory, uint64_t begin, uint64_t end, walk_given *given,
               void *data);

#endif
