/*
 * guarded.h - the allocations of one process that have pages of their own, by page, until another
 * one has it: also of pools that have ended. A fork's child starts with a copy.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_REPLAY_GUARDED_H
#define ANALYZER_REPLAY_GUARDED_H

#include "analyzer/replay/replay.h"
#include "analyzer/util/keymap.h"

#include <stdbool.h>
#include <stdint.h>

#define GUARDED_PAGE 4096u

struct guarded {
    uint64_t start, size; /* size: asked for */
    uint32_t stack;       /* that took it */
    uint32_t pool;        /* number, while that lives; 0: it ended */
    uint32_t end;         /* number of how its pool ended; 0: it lives */
    uint32_t next;        /* number of the next one of the pool */
    /* Where it is seen when it is used last: */
    struct unit unit;      /* it was taken in */
    struct unit used;      /* in which it was found to be used last, after that */
    uint32_t uses;         /* how often it was found so */
    uint32_t hand;         /* string: a pool of that unit, behind whose end it was not used in it;
                              0: none */
    uint32_t hand_created; /* stack */
    bool watched;          /* it outlived that unit */
    bool used_earlier;     /* that may have been in a unit before */
    bool used_at_end;      /* the last use was found when its pool had ended */
};

/* How a pool ended, for the allocations that it had then. */
struct guarded_end {
    uint32_t tag, role, path;    /* strings; 0: none */
    uint32_t created, destroyed; /* stacks */
    bool cleared;
    uint32_t users; /* allocations; 0: the number is to be used again, ... */
    uint32_t next;  /* ... after this one */
};

/* A zeroed struct is an empty one. Memory grows with the pages that are used at a time. */
struct guarded_table {
    struct guarded *items; /* by number; 0 is none */
    uint32_t limit, capacity;
    struct guarded_end *ends; /* by number; 0 is none */
    uint32_t end_limit, end_capacity, unused_end;
    struct keymap numbers; /* by page */
};

void guarded_free(struct guarded_table *table);
void guarded_copy(struct guarded_table *to, const struct guarded_table *from);

/* None of them is watched: what a fork's child has of its parent's is not told again. */
void guarded_unwatch(struct guarded_table *table);

/* The one at ADDRESS's page; NULL: there was none. Valid until the next guarded_put(). */
struct guarded *guarded_find(const struct guarded_table *table, uint64_t address);

/* The one that begins at START, zeroed but for that; the one that its page had is no more, and must
 * be in no pool's list. */
struct guarded *guarded_put(struct guarded_table *table, uint64_t start);
uint32_t guarded_number(const struct guarded_table *table, const struct guarded *guarded);

/* The number of a new end, zeroed, for USERS allocations. */
uint32_t guarded_new_end(struct guarded_table *table, uint32_t users);

#endif
