/*
 * heap.h - the blocks of one process's pools, as the pool system's own code gets and gives them:
 * simulated, by what is asked of it. One file a system: first_fit.c, nodes.c, chained.c.
 *
 * Pools have numbers, from 1, which the caller gives. Sizes are bytes; what is more than HEAP_MOST
 * counts as so much.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TUNE_HEAP_H
#define ANALYZER_TUNE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HEAP_MOST  (UINT64_C(1) << 40)
#define HEAP_LISTS 20

struct heap;
struct heap_pool;

/* An allocation. */
struct heap_taken {
    uint64_t size;   /* as it was asked for */
    uint64_t object; /* where it lies; 0: not known */
    bool exact;      /* by one of the kind's `exact` */
};

/* A pool system's own code. `with` is what a pool was made with, see lifeguard-api(5); 0: nothing.
 */
struct heap_kind {
    const char *system;  /* its name in a description */
    const char *tunable; /* what `size` of struct heap_rules is called; NULL: it has no meaning */
    uint64_t usual;      /* `size`, unless it was changed */
    bool shares;         /* what one pool gave back is taken by others */
    const char *maker;   /* the function that says how large a pool is made, ... */
    struct {
        const char *role, *option; /* ... or for pools of that role an option; NULL: no more */
    } options[3];
    const char *unseen;   /* what may make a recorded program differ from this, as a sentence */
    const char *exact[2]; /* functions whose allocations get a block no larger than they are */
    void (*make)(struct heap *heap, struct heap_pool *pool, const struct heap_pool *parent,
                 uint64_t with);
    void (*take)(struct heap *heap, struct heap_pool *pool, const struct heap_taken *taken);
    /* Or NULL. Returns how many bytes that is. */
    uint64_t (*give_back)(struct heap *heap, struct heap_pool *pool, uint64_t object);
    void (*clear)(struct heap *heap, struct heap_pool *pool);
    void (*end)(struct heap *heap, struct heap_pool *pool);
};

/* Each in the file of its name. */
extern const struct heap_kind heap_first_fit; /* ProFTPD */
extern const struct heap_kind heap_nodes;     /* APR */
extern const struct heap_kind heap_chained;   /* nginx */

struct heap_rules {
    const struct heap_kind *kind;
    uint64_t pool_size, block_size; /* of their headers */
    uint64_t size;                  /* see the kind's file */
};

/* Numbers of blocks are from 1, 0 is none. */
struct heap_block {
    uint64_t room, used;     /* behind its header or, where the kind's file says so, with it */
    uint32_t next, previous; /* of its pool, or of a list of free ones */
    uint32_t mark;           /* the kind's own */
};

/* What has memory of its own. */
struct heap_large {
    uint64_t object, size;
    uint32_t next; /* of its pool's, 0: none */
};

struct heap_pool {
    uint32_t first, last; /* its blocks; and that which is taken from */
    uint32_t large;       /* the newest, 0: none */
    uint32_t source;      /* number of the allocator, see nodes.c */
    uint64_t room;        /* of its blocks together, as the recorder counts it */
    uint64_t beside;      /* in memory of their own */
    uint64_t object;      /* what was taken from it last */
};

/* An allocator's free blocks, by their size. */
struct heap_source {
    uint64_t address;
    uint32_t free[HEAP_LISTS];
    uint64_t max_index, max_free, current_free;
    uint32_t owner; /* index of a pool + 1; 0: none */
};

struct heap {
    struct heap_rules rules;
    struct heap_block *blocks;
    uint32_t block_count,
        unused_block; /* the first number that is free; of each `next` is the next */
    struct heap_large *larges;
    uint32_t large_count, unused_large;
    struct heap_pool *pools; /* by their numbers */
    uint32_t pool_room;
    struct heap_source *sources;
    uint32_t source_count;
    uint32_t free;  /* blocks, the first */
    uint64_t held;  /* bytes from malloc() in all, ... */
    uint64_t spare; /* ...of these in free blocks */
};

/* Ended by heap_end_all(). */
void heap_begin(struct heap *heap, const struct heap_rules *rules);
void heap_copy(struct heap *to,
               const struct heap *from); /* as after a fork; TO is not initialised */
void heap_end_all(struct heap *heap);

/* POOL is made, below PARENT, 0: none. */
void heap_make(struct heap *heap, uint32_t pool, uint32_t parent, uint64_t with);
/* The same of one that was not seen being made: nothing is known of its blocks. */
void heap_meet(struct heap *heap, uint32_t pool);
void heap_take(struct heap *heap, uint32_t pool, const struct heap_taken *taken);
/* Returns how many bytes that is. */
uint64_t heap_give_back(struct heap *heap, uint32_t pool, uint64_t object);
void heap_clear(struct heap *heap, uint32_t pool);
void heap_end(struct heap *heap, uint32_t pool);
/* The bytes in the blocks of POOL; those, and what has memory of its own. */
uint64_t heap_room(const struct heap *heap, uint32_t pool);
uint64_t heap_held(const struct heap *heap, uint32_t pool);

/* For the kinds. A block from malloc(), of ROOM bytes behind SIZE of a header. */
uint32_t heap_block_new(struct heap *heap, uint64_t room, uint64_t header);
/* It goes back to malloc(). */
void heap_block_free(struct heap *heap, uint32_t block, uint64_t header);
/* SIZE as what it takes: rounded up to a multiple of STEP. */
uint64_t heap_round(uint64_t size, uint64_t step);

static inline struct heap_block *heap_block(struct heap *heap, uint32_t number)
{
    return &heap->blocks[number];
}

#endif
