/*
 * adopt.h - tells of the pools that are there when recording begins in a program that runs.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_ADOPT_H
#define PRELOAD_HOOKS_ADOPT_H

#include "preload/hooks/pool_system.h"
#include "preload/trace/stream.h"
#include "preload/util/control.h"

/* Walks the pools of SYSTEM, and writes each: what it is below, holds and is called. By who is the
 * only thread that runs; MAPPINGS, COUNT of them, tell where to look. Takes no lock, allocates
 * nothing: what it needs is mapped meanwhile. */
void adopt_pools(struct stream *stream, struct pool_system *system,
                 const struct control_mapping *mappings, size_t count);

#endif
