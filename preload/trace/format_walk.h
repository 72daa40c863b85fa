/*
 * format_walk.h - what a trace says of a walk of the pools' memory; see format.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_FORMAT_WALK_H
#define PRELOAD_TRACE_FORMAT_WALK_H

#include <stdbool.h>
#include <stdint.h>

/* Why the pools were walked. */
enum trace_walk_when {
    TRACE_WALK_AT_EXIT,
    TRACE_WALK_AT_SHUTDOWN, /* before the mark */
    TRACE_WALK_AT_FORK,
    TRACE_WALK_AT_UNIT, /* before the mark that begins it */
    TRACE_WALK_WHENS
};

/* What became of it. */
enum trace_walk_result {
    TRACE_WALK_DONE,
    TRACE_WALK_EXACT,    /* done, and memory that was given back had been filled: an address of it
                            in a pool's data was put there since */
    TRACE_WALK_THREADS,  /* not run: there are other threads, which may change what is read */
    TRACE_WALK_MAPPINGS, /* not run: the program's mappings cannot be told (no /proc in a chroot) */
    TRACE_WALK_ROOM,     /* not run: no memory for it, within the program's limits */
    TRACE_WALK_SIZE,     /* not run: the program has more memory than is looked through */
    TRACE_WALK_BROKEN,   /* run, but the pools are not as described: nothing is told */
    TRACE_WALK_AGREED,   /* done while other threads ran: what the one before found, too, is told */
    TRACE_WALK_RESULTS
};

/* Was it run, and what it found told? */
static inline bool trace_walk_is_done(uint8_t result)
{
    return result == TRACE_WALK_DONE || result == TRACE_WALK_EXACT || result == TRACE_WALK_AGREED;
}

#endif
