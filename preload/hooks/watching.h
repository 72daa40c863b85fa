/*
 * watching.h - pools are watched for calls under way, to tell what they grew by (growth.h): what is
 * told of them meanwhile is noted, so that it is not told again. Async-signal-safe.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_WATCHING_H
#define PRELOAD_HOOKS_WATCHING_H

#include "preload/trace/stream.h"

/* BYTES of POOL are told of. */
void watching_add(struct stream *stream, uint64_t pool, uint64_t bytes);

/* POOL, which nobody had told of, is told of with all that is in use of it, USED bytes. */
void watching_adopted(struct stream *stream, uint64_t pool, uint64_t used);

#endif
