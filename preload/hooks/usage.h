/*
 * usage.h - what a pool's blocks really hold, by the description's layout: the proof that no
 * allocation was missed.
 */
#ifndef PRELOAD_HOOKS_USAGE_H
#define PRELOAD_HOOKS_USAGE_H

#include "preload/api/pool_api.h"
#include "preload/trace/events.h"

/* POOL was seen being made: it can be read as long as it is not seen to end. */
void usage_made(uint64_t pool);

/* Of a pool that the program is about to destroy or clear, or holds. Unknown when it does not look
 * like one: what was not seen being made may be anything, and is read with care. */
struct pool_usage usage_of(const struct api_layout *layout, uint64_t pool);

/* The name of a pool that looks like one, in the program's memory; NULL: it has none, or the layout
 * does not say where it is. */
const char *usage_name(const struct api_layout *layout, uint64_t pool);

/*
 * Writes the usage of POOL and of every pool below it. Reads with care, because at the end of a
 * crashing process the tree may be broken: cannot fault. Async-signal-safe.
 */
void usage_survey(const struct api_layout *layout, struct stream *stream, uint64_t pool);

#endif
