/*
 * unseen.h - pools whose making could not be seen, since the compiler has put that into its
 * callers: the first call on one tells that it is there. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_UNSEEN_H
#define PRELOAD_HOOKS_UNSEEN_H

#include "preload/hooks/pool_system.h"
#include "preload/trace/stream.h"

/* Is POOL, 0 for none, one that nobody was seen to make? Only where a system has such pools. */
bool unseen_is_due(const struct pool_system *system, uint64_t pool);

/* If so, and it looks like one: tells of it, and of those above it. BYTES that it holds are still
 * to be told of. */
void unseen_adopt(struct stream *stream, const struct pool_system *system, uint64_t pool,
                  uint64_t bytes);

#endif
