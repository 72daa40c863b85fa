/*
 * objects.h - the allocations of one process that can be given back by themselves and have not
 * been, by address; a fork's child starts with a copy.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_OBJECTS_H
#define ANALYZER_REPLAY_OBJECTS_H

#include "analyzer/replay/replay.h"
#include "analyzer/util/keymap.h"

/* A zeroed struct is an empty one. Memory grows with the objects that are there at a time. */
struct objects {
    struct object *items; /* by number; 0 is none */
    uint32_t limit, capacity;
    uint32_t unused;       /* number of the first to be used again; 0: none */
    struct keymap numbers; /* by address */
};

void objects_free(struct objects *objects);

/* Marks all as inherited. */
void objects_inherit(struct objects *objects);

/* Makes *TO, not initialised, a copy of FROM, all of it inherited. */
void objects_copy(struct objects *to, const struct objects *from);

/* The object at ADDRESS; NULL: there is none. Valid until the next objects_add(). */
struct object *objects_find(const struct objects *objects, uint64_t address);

/* A new object of POOL at ADDRESS, not 0, where there must be none. */
struct object *objects_add(struct objects *objects, struct pool *pool, uint64_t address);

/* OBJECT, of POOL, is gone; all of POOL's are, but how many they were stays told. */
void objects_remove(struct objects *objects, struct pool *pool, struct object *object);
void objects_drop(struct objects *objects, struct pool *pool);

#endif
