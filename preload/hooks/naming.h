/*
 * naming.h - names of pools that nobody was seen to give: where the compiler has put the function
 * that names a pool into its callers, the pool's memory tells. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_NAMING_H
#define PRELOAD_HOOKS_NAMING_H

#include "preload/hooks/pool_system.h"
#include "preload/trace/stream.h"

/* What calls tell: POOL was made; it has the name that lies at NAME. */
void naming_made(struct stream *stream, const struct pool_system *system, uint64_t pool);
void naming_named(struct stream *stream, uint64_t pool, uint64_t name);

/* The name that POOL has in its memory, where that was not told last; NULL: it was, or it has none.
 */
const char *naming_untold(const struct pool_system *system, uint64_t pool);
bool naming_is_due(const struct pool_system *system, uint64_t pool);

/* The same of the pool that the stream saw being made last, if none is named since. */
bool naming_is_last_due(const struct stream *stream);

/* The same at another event, of which only so many look. */
bool naming_look(struct stream *stream);

/* POOL is no more. */
void naming_ended(struct stream *stream, uint64_t pool);

/* Tells of such a name, if there is one. */
void naming_tell(struct stream *stream, const struct pool_system *system, uint64_t pool);
/* The same, where it is another name than the one with that ID, which is told. */
void naming_tell_but(struct stream *stream, const struct pool_system *system, uint64_t pool,
                     uint32_t id);
void naming_tell_last(struct stream *stream);

#endif
