/*
 * walk.h - the pools of a process as its memory has them: found from the roots by a description's
 * layouts, with the memory that each holds.
 *
 * Used inside the program and from outside. What is read may be anything, and may change while it
 * is read: every list is bounded, loops are found, and nothing faults. Nothing is allocated: all
 * results lie in a room that the caller gives. What does not fit is counted.
 *
 *     walk_begin(), then walk_tree() for each root or walk_pool() for each pool that is known
 *     otherwise, walk_free_list() for each list of free blocks; walk_sort(); mark.h goes on.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_WALK_WALK_H
#define PRELOAD_WALK_WALK_H

#include "preload/api/layout.h"
#include "preload/walk/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WALK_NONE      UINT32_MAX           /* no index */
#define WALK_ROOTS_MAX 16                   /* that may turn out to lie below others */
#define WALK_SCAN_MAX  (UINT64_C(64) << 30) /* bytes that references are looked for in */

enum walk_flags {
    WALK_ROOT = 1,          /* one that was told, and not found below another */
    WALK_INTERNAL = 2,      /* the library's own, by its name */
    WALK_BROKEN = 4,        /* its blocks are not as described, or changed meanwhile */
    WALK_REACHED = 8,       /* something that is in use refers to it */
    WALK_KEPT = 16,         /* nothing does but to a pool below it, which can be asked for it */
    WALK_UNREACHABLE = 32,  /* neither */
    WALK_UPPER = 64,        /* ... and the pool that it is below is not unreachable */
    WALK_UNKNOWN_KIND = 128 /* its type is none that a layout tells */
};

struct walk_pool {
    uint64_t address;     /* as the program has it */
    uint64_t at;          /* what the library's links refer to, see struct api_layout */
    uint64_t name, label; /* addresses of strings; 0: none */
    uint64_t used;        /* bytes in its blocks, without headers and free chunks */
    uint64_t capacity;    /* bytes that it holds, with them */
    uint64_t from;        /* address of the word by which it was reached first; 0: a register or
                             none */
    uint32_t parent;      /* index; WALK_NONE: it is below none */
    uint32_t first;       /* of its extents, after walk_sort() */
    uint32_t blocks, large, chunks, free_chunks;
    uint32_t below;      /* unreachable pools below an upper one */
    uint64_t below_held; /* bytes that those hold */
    uint8_t kind;        /* index of its layout */
    uint8_t flags;
};

enum walk_kind {
    WALK_BLOCK, /* a pool's: header, block or large allocation */
    WALK_DEAD,  /* a free block, of a pool that was destroyed */
    WALK_OWN    /* other memory of the library */
};

/* Memory of the pool library. Begin to end is not the program's to refer from, but for data to used
 * of a pool that is reached; target to used is what a reference leads to. */
struct walk_extent {
    uint64_t begin, target, data, used, end;
    uint32_t pool;  /* index; WALK_NONE: of none */
    uint32_t next;  /* of the same pool, after walk_sort() */
    uint32_t outer; /* the one that it lies in, after walk_sort() */
    uint32_t kind;
    bool scanned; /* its data, by mark.h */
};

/* Addresses: a free chunk within a block, or memory that the program may write. */
struct walk_range {
    uint64_t begin, end;
};

/* A word in a static variable or in a pool's data that refers to a free block. */
struct walk_dangler {
    uint64_t at, to;
    uint32_t pool;  /* that `at` lies in; WALK_NONE: a static variable */
    uint32_t block; /* index of the extent that `to` lies in */
};

/* A stretch of addresses with extents in it. */
struct walk_slot {
    uint64_t key; /* number of the stretch, + 1; 0: the slot is free */
    uint32_t first, last;
};

/* What did not fit or was not as described. */
struct walk_losses {
    uint32_t pools, extents, holes, danglers; /* that there was no room for */
    uint32_t links;                           /* that led nowhere, or in a circle */
    uint32_t unread;                          /* stretches of memory that could not be read */
    uint32_t unscanned;                       /* ... that lie behind WALK_SCAN_MAX */
};

struct walk {
    const struct api_layout *layouts[API_LAYOUTS_MAX];
    unsigned layout_count;
    struct walk_memory *memory;
    struct walk_pool *pools;
    struct walk_extent *extents;
    uint32_t *order;  /* of extents: twice as many, for sorting */
    uint32_t *digits; /* ... how many have each */
    struct walk_range *holes;
    struct walk_dangler *danglers;
    struct walk_slot *slots;
    uint64_t *seen;        /* a set of addresses */
    uint32_t *queue;       /* pools that were reached, in that order; then the upper
                              pools that others are below */
    uint8_t *pending;      /* see filter.h */
    unsigned char *buffer; /* WALK_BUFFER bytes: a copy of `copied` bytes from `window` on */
    uint64_t window;
    size_t copied;
    uint32_t pool_max, extent_max, hole_max, dangler_max, slot_max, seen_max;
    uint32_t pool_count, extent_count, hole_count, dangler_count;
    uint32_t queued;
    uint32_t roots[WALK_ROOTS_MAX]; /* pools */
    uint32_t root_count;
    uint32_t root_type; /* by which the kinds are told */
    bool has_root_type;
    unsigned granule;   /* bits of an address that a slot does not tell */
    uint64_t cursor_at; /* extents before number `cursor` end before here */
    uint32_t cursor;
    uint64_t low, high;                /* all extents lie in between */
    uint32_t magic, votes;             /* of walk_find_magic(); 0: none was found */
    struct walk_range suspects;        /* ... those of all pools that walk_doubt() is about */
    bool careful;                      /* references are looked for as walk_doubt() says */
    const struct walk_range *writable; /* the caller's: where the program may write, sorted */
    size_t writable_count;
    uint64_t bytes_scanned;
    struct walk_losses lost;
};

#define WALK_BUFFER 65536u

/* Bytes of the room for POOLS pools, and as much else as they usually have. */
size_t walk_room(uint32_t pools);

/*
 * Begins a walk in ROOM, zeroed, of walk_room(POOLS) bytes, aligned to 16. READ is called with
 * FROM. Layouts are added by the caller, before any pool is.
 */
void walk_begin(struct walk *walk, void *room, uint32_t pools, walk_read *read, void *from);
void walk_add_layout(struct walk *walk, const struct api_layout *layout);

/* What VIEW, called with FROM too, gives is not read. */
void walk_set_view(struct walk *walk, walk_view *view);

/* The pool at ADDRESS, as the program has it, and all below it. False: there is none, or no room.
 */
bool walk_tree(struct walk *walk, uint64_t address);

/* That pool alone, below pool number PARENT or WALK_NONE. Returns its number; WALK_NONE: it is
 * none, or there is no room; or it is there already. */
uint32_t walk_pool(struct walk *walk, uint64_t address, uint32_t parent);

/* The free blocks from the one at BLOCK on, by the first layout. */
void walk_free_list(struct walk *walk, uint64_t block);

/* Data of the pool at ADDRESS, as the program has it, that lies outside of its blocks. Nothing
 * where there is no such pool. */
void walk_add_data(struct walk *walk, uint64_t address, uint64_t begin, uint64_t end);

/* Memory that is the library's own, or the recorder's: it refers to nothing. */
void walk_own(struct walk *walk, uint64_t begin, uint64_t end);

/* When all has been added: sorts extents and holes, and makes walk_find() possible. */
void walk_sort(struct walk *walk);

/* The extent that ADDRESS lies in, the innermost; WALK_NONE: in none. */
uint32_t walk_find(const struct walk *walk, uint64_t address);

/* Is ADDRESS in a free chunk? */
bool walk_in_hole(const struct walk *walk, uint64_t address);

/* The string at ADDRESS into TEXT, terminated, as far as it can be read. Escapes nothing. */
void walk_string(struct walk *walk, uint64_t address, char *text, size_t size);

#endif
