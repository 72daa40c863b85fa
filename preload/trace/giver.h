/*
 * giver.h - where a forked process of one that was attached to gets its trace's file: from who
 * attached, by a socket that needs no path and no privilege.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_GIVER_H
#define PRELOAD_TRACE_GIVER_H

#include <stddef.h>

/* The socket's name, of SIZE bytes, in the abstract namespace; 0 bytes: there is none. */
void giver_set(const char *name, size_t size);

/* A descriptor of a new file, for the caller to close; -1: none is to be had. Waits a second at
 * most. Async-signal-safe. */
int giver_ask(void);

#endif
