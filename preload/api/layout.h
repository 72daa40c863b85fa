/*
 * layout.h - how the pools of a system lie in memory, as data: what a walk follows from pool to
 * pool, what of a pool's memory is its user's, and what is the pool library's own.
 *
 * Offsets and sizes are bytes, 0 to 4096. An offset is that of a pointer, unless said otherwise.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_API_LAYOUT_H
#define PRELOAD_API_LAYOUT_H

#include "preload/api/expression.h"
#include "preload/api/slice.h"

#include <stdbool.h>
#include <stdint.h>

#define API_LAYOUTS_MAX    12
#define API_CHECKS_MAX     8
#define API_CONDITIONS_MAX 4
#define API_INTERNAL_MAX   4
#define API_FREE_MAX       3
#define API_NOWHERE        UINT32_MAX /* an offset that is not given */

/* Where a pool lies. */
enum api_pool_place {
    API_PLACE_BLOCK, /* it is the first thing in its first block, behind the block's header */
    API_PLACE_SELF,  /* it begins with its first block's header, or has just that one block */
    API_PLACE_APART  /* in none of its blocks */
};

enum api_base { API_BASE_NONE, API_BASE_NUMBER, API_BASE_POOL, API_BASE_BLOCK, API_BASE_CHUNK };

/* A number that the description gives, or tells where to read: (word >> shift) + plus. */
struct api_field {
    enum api_base base; /* API_BASE_NONE: it is not given */
    uint32_t offset;    /* of the word, from the base; or the number itself */
    uint32_t width;     /* bytes of the word, 4 or 8 */
    uint32_t shift, plus;
};

/* What a word of each pool is, for pools that are found in memory by that alone. */
struct api_pool_check {
    uint32_t offset;
    bool pointer;       /* to what the program may write; else a number from low to high */
    bool may_be_null;   /* of a pointer */
    uint32_t low, high; /* of 8 bytes */
};

/* The lists of free blocks in a structure that a pool refers to. */
struct api_allocator {
    uint32_t at;    /* offset in the pool; API_NOWHERE: there is none */
    uint32_t size;  /* of the structure, all of it the library's own */
    uint32_t lists; /* offset in it of an array of pointers, each to a list's first block */
    uint32_t count; /* of lists */
};

/* What is allocated in a block, where it begins with a header. */
struct api_chunks {
    uint32_t size;          /* of the header, which lies before what is allocated; 0: none */
    struct api_field bytes; /* what is allocated: its size, or its class when there is a unit */
    uint32_t unit;          /* bytes of class 0, doubled with each class; 0: there are no classes */
    uint32_t external;      /* bit of the header's word that says: alone in its block; 0: none */
    uint32_t owner;         /* offset of a pointer to the pool, which it is while in use */
    uint32_t lists;         /* offset in the pool of an array of pointers, each to a list's first
                               free chunk, one a class */
    uint32_t classes;       /* how many */
    uint32_t next;          /* offset in a free chunk of the pointer to the next */
};

/* What is too large for a block, and has memory of its own. */
struct api_large {
    uint32_t list; /* offset in the pool of the pointer to the first entry; API_NOWHERE: none */
    uint32_t next, data; /* offsets in an entry */
};

struct api_layout {
    uint32_t pool_blocks, pool_children, pool_sibling;
    uint32_t pool_tag; /* a string */
    bool names;        /* pool_tag was given */
    uint32_t block_size, block_end, block_next, block_used;
    bool reuse; /* a free block says that it is empty, and is used again when it has room */

    struct slice name; /* of this kind of pools; empty: the only one */
    bool given;        /* there is such a section */
    struct slice when[API_CONDITIONS_MAX], unless[API_CONDITIONS_MAX]; /* symbols */
    unsigned whens, unlesses;

    enum api_pool_place place;
    uint32_t address;        /* what links point to is so many bytes before what the program calls
                                the pool, and all offsets in a pool are from there */
    struct api_field header; /* of the pool itself: its size, wherever it is */
    struct api_field lists;  /* of blocks, how many begin at pool_blocks; not given: one */
    uint32_t stride;         /* from one to the next */
    uint32_t parent;         /* API_NOWHERE where there is none; so the next two */
    uint32_t label;          /* another string */
    bool tree;               /* children or sibling are given */
    uint32_t type_at;        /* 4 bytes that tell the kind; API_NOWHERE: there is one kind */
    uint32_t type;           /* of this kind: they are those of the root plus this */
    struct slice internal[API_INTERNAL_MAX]; /* names of pools that are the library's own */
    unsigned internals;
    struct api_pool_check checks[API_CHECKS_MAX];
    unsigned check_count;
    uint32_t magic_at; /* 4 bytes that are the same in all pools, but for their lowest 4 bits;
                          API_NOWHERE: there are none */

    struct api_field bytes; /* of a block with its header; not given: block_end tells */
    uint32_t block_link;    /* what links between blocks point to is so many bytes into the block */
    struct api_field block_chunks, block_unused; /* of a block: chunks, and how many are free */
    bool has_used;                               /* else all of a block is in use */
    bool has_next;                               /* else there is one block */
    uint32_t
        cleared;    /* bytes that stay in use in each block but the first when a pool is cleared */
    uint32_t owner; /* offset in a block of a pointer to the pool; API_NOWHERE */

    struct api_chunks chunks;
    struct api_large large;
    struct api_allocator allocator;
    struct expression free_blocks[API_FREE_MAX]; /* holders of the first of the free blocks: the
                                                    first that can be found */
    unsigned free_count;
    bool owned; /* that a pool has a parent is enough: nothing else need point to it */
};

struct api;

/* The kinds of pools that a description tells, from 0; NULL past the last. */
const struct api_layout *api_layout(const struct api *api, unsigned index);

#endif
