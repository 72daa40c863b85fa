/*
 * usage.h - what a pool's blocks really hold, by the description's layout: the proof that no
 * allocation was missed.
 */
#ifndef PRELOAD_HOOKS_USAGE_H
#define PRELOAD_HOOKS_USAGE_H

#include "preload/api/pool_api.h"
#include "preload/trace/events.h"

/* A pool that the program is about to destroy or clear. Unknown when it does not look like one. */
struct pool_usage usage_of(const struct api_layout *layout, uint64_t pool);

/*
 * Writes the usage of POOL and of every pool below it. Reads through the kernel, because at the
 * end of a crashing process the tree may be broken: cannot fault. Async-signal-safe.
 */
void usage_survey(const struct api_layout *layout, struct stream *stream, uint64_t pool);

#endif
