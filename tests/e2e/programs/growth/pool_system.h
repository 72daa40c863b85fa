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
/* One that is about WHAT, from 0 to 4: a verb, a path or a code, as the system's clients have it.
 */
void system_unit_about(unsigned what);
/* The configuration is read again. */
void system_reload(void);
pool *pool_new(pool *parent, const char *name);
void pool_end(pool *ended);
void *pool_take(pool *from, size_t size);
/* What pool_take() returned is given back by itself: where that cannot be, it stays. */
void pool_give_back(void *memory);
/* MEMORY, which pool_take() returned, or NULL, is enlarged to SIZE, where the system can; else more
 * is taken. */
void *pool_enlarge(pool *from, void *memory, size_t size);
/* OLD is emptied, or ended and made anew below PARENT where pools cannot be cleared. */
pool *pool_renew(pool *old, pool *parent, const char *name);
/* Below TO from now on: where pools stay where they were made, it does nothing. */
void pool_move(pool *moved, pool *to);
/* Straight from the pool that lives as long as the program. */
void root_take(size_t size);
/* Ends what system_begin() made, too. */
void system_end(pool *server);

#endif
/* SPDX-License-Identifier: MIT */
