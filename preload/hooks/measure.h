/*
 * measure.h - what one pool's memory holds, by a layout: bytes in its blocks, allocations in use,
 * pools below it. Async-signal-safe; changes no vector register.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_MEASURE_H
#define PRELOAD_HOOKS_MEASURE_H

#include "preload/api/layout.h"

#include <stdbool.h>
#include <stdint.h>

#define MEASURE_BLOCKS 1000000 /* of a pool; a list that is longer is taken for a loop */
#define MEASURE_SPANS  32      /* blocks of a pool that has lists of free chunks */
#define MEASURE_PAGES  16u

/* Pages that were found to be readable, + 1. */
struct measure_pages {
    uint64_t *known; /* by number, + 1; a later one may have taken the place */
    unsigned count;  /* a power of two */
    uint64_t few[MEASURE_PAGES];
};

void measure_begin(struct measure_pages *pages);

/* The same with the caller's table KNOWN of COUNT places, a power of two, as in program_memory.h.
 */
void measure_begin_with(struct measure_pages *pages, uint64_t *known, unsigned count);

bool measure_can_read(struct measure_pages *pages, uint64_t address);

/* Where a pool is read, and how. */
struct measure_look {
    const struct api_layout *layout;
    struct measure_pages *pages; /* to read with care; NULL: as it is */
    uint64_t pool;               /* what the library's links refer to */
};

struct measured {
    uint64_t used, capacity; /* bytes; the library's own are in neither */
    uint64_t chunks;         /* in use, where measure_counts_chunks() */
    unsigned blocks, passed; /* chunks looked at */
    struct measure_span {    /* of each block, while they are looked at */
        uint64_t data, used;
    } * spans;
};

/* 8 bytes, 4 bytes. False: they are not there. */
bool measure_word(const struct measure_look *look, uint64_t address, uint64_t *word);
bool measure_half(const struct measure_look *look, uint64_t address, uint64_t *word);

/* Does the layout tell which allocations are in use? */
bool measure_counts_chunks(const struct api_layout *layout);

/* Does each block tell its end, fill and next, and is nothing else counted? */
bool measure_is_plain(const struct api_layout *layout);

/* Of such a pool, to which links refer by POOL, that was seen being made: as measure_pool(). */
bool measure_plain(const struct api_layout *layout, uint64_t pool, struct measured *measured);

/* False: it is no pool, or one of another kind, or has more than can be looked at in passing. */
bool measure_pool(const struct measure_look *look, struct measured *measured);

/* The bytes that stay in use when the pool is cleared. */
uint64_t measure_kept(const struct measure_look *look, const struct measured *measured);

/* How many pools are below it. False: the list does not end. */
bool measure_children(const struct measure_look *look, uint64_t *count);

#endif
