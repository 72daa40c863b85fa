/*
 * made_pools.h - pools in the layout of ProFTPD's, made by hand.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_MADE_POOLS_H
#define LIFEGUARD_MADE_POOLS_H

#include "preload/hooks/pool_system.h"

#include <stddef.h>
#include <stdint.h>

/* ProFTPD's union block_hdr and struct pool_rec. */
struct block {
    uint64_t end, next, used, reserved;
};

struct pool {
    uint64_t blocks, last, cleanups, children, next_sibling, previous_sibling, parent, first_free,
        tag;
};

extern const struct api_layout layout;
extern const struct pool_system proftpd; /* with that layout alone, and without roots */

uint64_t address(const void *pointer);

/* Zeros that last as long as the test. */
void *take(size_t size);

/* A block of CAPACITY bytes, of which USED are taken. */
struct block *make_block(uint64_t capacity, uint64_t used);

/* A pool of one block with USED bytes allocated in it. */
struct pool *make_pool(uint64_t capacity, uint64_t used);

struct block *first_block(const struct pool *pool);

/* CHILD becomes the first below PARENT. */
void add_child(struct pool *parent, struct pool *child);

#endif
