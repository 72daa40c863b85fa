/*
 * pool_system.h - what growth.c asks of a pool system. Which one it is, is decided when it is
 * compiled: talloc.c and apr.c are the libraries themselves, nginx.c and postgresql.c stand in for
 * servers that are no libraries: what they export under the servers' names does the same.
 */
#ifndef TRUTH_POOL_SYSTEM_H
#define TRUTH_POOL_SYSTEM_H

#include <stddef.h>

#define SEEN __attribute__((noinline, noclone))

typedef void pool;

/* Start-up is done: what is kept for the whole run is made in the pool that is returned. */
pool *system_begin(void);
/* A unit of work begins. */
void system_unit(void);
pool *pool_new(pool *parent, const char *name);
void pool_end(pool *ended);
void *pool_take(pool *from, size_t size);
/* Straight from the pool that lives as long as the program. */
void root_take(size_t size);
/* Ends what system_begin() made, too. */
void system_end(pool *server);

#endif
/* SPDX-License-Identifier: MIT */
