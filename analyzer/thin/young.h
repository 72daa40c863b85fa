/*
 * young.h - what is known of a process while its events come: what the files of the reducer share,
 * which are reducer.c (events as they come), fates.c (what becomes of pools once their unit of work
 * is over) and ghosts.c (pools that were left out, and are used now).
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_YOUNG_H
#define ANALYZER_THIN_YOUNG_H

#include "analyzer/thin/examples.h"
#include "analyzer/thin/systems.h"
#include "analyzer/thin/writer.h"
#include "preload/trace/looked.h"

enum young_state { YOUNG_LIVE, YOUNG_ENDED_WITHIN, YOUNG_ENDED };

/* So many allocations from one backtrace, of those that are looked at: see trace_looked_again(). */
struct look {
    uint32_t stack;
    uint64_t count, bytes;
};

/* An allocation that may be given back by itself. */
struct piece {
    uint64_t address, size;
};

/* A pool that was made in the unit that its thread is in. Numbers are from 1; 0: none. */
struct young {
    uint64_t address, parent;
    uint64_t allocations, bytes; /* bytes: each allocation rounded up */
    uint64_t look_at;            /* with so many allocations it is looked at who made the last */
    uint64_t like_key;           /* of all that it took, in its order */
    uint64_t made;               /* how many were made by then, of all */
    uint64_t end_serial;         /* how many ends there had been */
    uint64_t taken;              /* the same of all that it took, given back or not */
    struct look *looks;
    size_t look_count, look_capacity;
    struct piece *pieces; /* as far as it gives back */
    size_t piece_count, piece_capacity;
    uint64_t placed_end, padding, padding_most; /* as in analyzer/replay/compare.c: bytes between */
    uint64_t large_bytes;                       /* of what was told to lie beside its blocks */
    uint32_t thread, above;                     /* number of the young pool that it was made in */
    uint32_t created, ended;                    /* stacks */
    uint32_t first, name;                       /* ids, 0: none */
    uint32_t like;                              /* its number, where it stands for others */
    uint32_t ends_next;                         /* the next that ends with the same event */
    uint8_t state, system;
    bool with;      /* it ended with one above it */
    bool had_pools; /* others were made in it */
    bool awaited;   /* whether it ends by itself is documented */
    bool one;       /* there is to be one at a time */
    bool unusual;   /* something else happened to it: all of it stays */
    bool large;     /* something that was told so was not seen */
    bool told;      /* it stays, ... */
    bool summed;    /* ...but for its allocations */
};

struct item {
    struct trace_event event;
    uint32_t owner; /* the young pool that it is of */
    uint32_t ends;  /* the first one that ends with it */
};

/* One thread's unit of work, as far as it was not written. */
struct unit_events {
    uint32_t thread;
    bool resizes; /* what is allocated next is of the pool that it was of before */
    bool left;    /* its events are for others to write */
    bool open;
    bool crowded;  /* there were too many young pools at once: there are no more */
    uint32_t live; /* young pools */
    size_t with; /* the item, from 1, that tells what the pool is made with that comes next; or 0 */
    struct item *items;
    size_t count, capacity;
    uint32_t *pools; /* made in it, in their order */
    size_t pool_count, pool_capacity;
    char **texts; /* names that were told in an event */
    size_t text_count, text_capacity;
};

/* Of a pool that was left out: what has to be told if somebody uses it. */
struct ghost {
    uint64_t address, parent, made, end_serial, allocations, bytes;
    uint32_t created, ended, first, name;
    uint8_t system;
    bool within;
};

/* A pool that was made, as far as it is seen: see makers.h. */
struct maker {
    uint64_t parent;
    uint64_t born, emptied; /* moments */
    bool ended;
};

/* Pools that a pool lies in, one in the other, as far as one looks. */
#define DEPTH_MOST 64u

struct reducer {
    const struct thin_systems *systems;
    struct thin_writer *writer;
    struct examples *examples;
    struct unit_events *units;
    size_t unit_count, unit_capacity;
    struct young *pools; /* by number, less 1 */
    size_t pool_count, pool_capacity;
    uint32_t *unused;
    size_t unused_count, unused_capacity;
    struct keymap pieces; /* young pools by the addresses of their pieces */
    struct keymap at;     /* young pools by address */
    struct keymap ghosts; /* by address: numbers of these */
    struct ghost *ghost_items;
    size_t ghost_count, ghost_capacity;
    struct keymap maker_index; /* by address: numbers */
    struct maker *makers;
    size_t maker_count, maker_capacity;
    struct keymap mothers;   /* addresses of pools in which one was made that is told of */
    struct keymap ends;      /* by stack: the number of the last end there */
    struct trace_event last; /* that was not for others to write */
    uint64_t moment, made, end_serial, left_out;
    uint32_t commands, summed_at; /* units begun; by then all sums were written */
    bool failed; /* something cannot be told, as it would have to be in a thread that was left */
};

static inline struct young *young_number(const struct reducer *reducer, uint32_t number)
{
    return &reducer->pools[number - 1];
}

/* Writes EVENT as one of UNIT's thread: when that is over, where it is open. Returns its item, or
 * NULL. It may move the others. */
struct item *unit_add(struct reducer *reducer, struct unit_events *unit,
                      const struct trace_event *event);

/* UNIT is empty, and none of its pools is known any more. */
void unit_clear(struct reducer *reducer, struct unit_events *unit);

#endif
