/*
 * pool_system.h - a pool system that the process has: what hooks understand its calls by.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_POOL_SYSTEM_H
#define PRELOAD_HOOKS_POOL_SYSTEM_H

#include "preload/api/pool_api.h"
#include "preload/hooks/operand.h"

#include <stdbool.h>
#include <stdint.h>

/* What holds a root pool, and which one that was when last written. */
struct root {
    const uint64_t *variable; /* NULL: it takes more than one */
    uint64_t held;
    const struct operand *holder;
    bool found;
};

/* What events need comes first, on few lines of the cache: the description is large. */
struct pool_system {
    bool reads_names;    /* of pools, that a call gives alone, which may not be seen */
    bool ends_unseen;    /* pools end of which no event tells */
    bool makes_unseen;   /* pools, too */
    bool begins_units;   /* a function with which commands begin is hooked */
    bool may_be_young;   /* its pools, see generation.h */
    bool gives_back;     /* what is allocated can be given back by itself */
    bool refills;        /* then: all of it, and pools may be young: see preload/young/refills.h */
    bool flat;           /* no pool is made in another one */
    bool late;           /* loaded after the start: calls of its functions alone may read its
                            roots */
    bool only;           /* the process has no other; set as it ends */
    bool plain;          /* all its pools are, see measure_is_plain() */
    unsigned number;     /* in the trace, from 0 */
    unsigned root_count; /* as in the api */
    unsigned found_count;
    uint8_t found[API_ROOTS_MAX];     /* indexes of the roots that are */
    uint32_t align;                   /* the same */
    unsigned layout_count;            /* of `layouts` */
    uint64_t first_pool;              /* that was created, while it is there; 0: none */
    struct root roots[API_ROOTS_MAX]; /* as in the api */
    const struct api_layout *layouts[API_LAYOUTS_MAX]; /* of this version of the system */
    const struct link_map *map;      /* where it is late, the image of its functions; NULL: it is
                                        gone */
    unsigned first_root, first_mark; /* numbers, in events, of the first of each */
    struct operand holders[API_ROOTS_MAX]; /* of `roots` */
    struct operand free_blocks;            /* holds the first of the free blocks */
    const struct expression *frees;        /* that is from; NULL: nothing is known to hold it */
    struct api api;
} __attribute__((aligned(64)));

#endif
