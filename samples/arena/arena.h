/*
 * arena.h - memory that is given back all at once: a small library of pools, to describe to
 * lifeguard. An arena that is made in another one ends with it.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stddef.h>

struct arena;

/* The arena that lives as long as the program, which has to make it. */
extern struct arena *root_arena;

/* Made in PARENT, or alone where that is NULL. Never NULL: without memory the program ends. */
struct arena *arena_new(struct arena *parent);

/* A name for people, copied. */
void arena_name(struct arena *arena, const char *name);

/* SIZE bytes, aligned to 8. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_copy(struct arena *arena, const char *text);

/* Gives back what was allocated from ARENA, and ends the arenas that were made in it. */
void arena_clear(struct arena *arena);

/* The same, and ARENA ends as well. */
void arena_delete(struct arena *arena);

#endif
/* SPDX-License-Identifier: MIT */
