/*
 * alloc_sites.h - what each backtrace took from the pools of each name in one process, what of it
 * is still there, and by how much that grew from unit to unit of the process's work. For replay
 * observers. Of a forked process, only what it took itself.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_PROFILE_ALLOC_SITES_H
#define ANALYZER_PROFILE_ALLOC_SITES_H

#include "analyzer/replay/replay.h"
#include "analyzer/util/keymap.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct alloc_site {
    uint32_t stack; /* number (analyzer/symbols/stacks.h) */
    uint32_t label; /* the caller's number for the pool's name */
    uint64_t count; /* allocations */
    uint64_t bytes; /* allocated, rounded up as the API does */
    uint64_t alive; /* of these bytes, those in pools that have not ended */
    uint64_t first; /* alive at the end of the first unit, ... */
    uint64_t last;  /* ... and of the unit before `unit` */
    uint32_t unit;  /* that it changed in last */
    bool has_first;
};

/* What one backtrace took from one pool that is alive. */
struct alloc_charge {
    uint32_t site, stack; /* number, from 1 */
    uint32_t next;        /* of the same pool or, when free, the next free one; 0: none */
    uint64_t bytes;
};

/* A zeroed struct with `unit` set is empty. Memory grows with distinct sites and pools alive. */
struct alloc_sites {
    enum api_mark_kind unit; /* that growth is counted in */
    bool settled;            /* the process takes itself down: what is alive stays as it is */
    struct alloc_site *items;
    size_t count, capacity;
    struct alloc_charge *charges;
    size_t charge_count, charge_capacity;
    uint32_t free_charge;
    struct keymap sites;   /* by stack and label */
    struct keymap charged; /* by pool and stack; by pool: the first of its charges */
};

/* The number of the site, from 1, made when new. */
uint32_t alloc_sites_find(struct alloc_sites *sites, uint32_t stack, uint32_t label);

/* STACK took BYTES from POOL, whose name LABEL(DATA, POOL) is asked for when it is new there. */
void alloc_sites_take(struct alloc_sites *sites, const struct process *process,
                      const struct pool *pool, uint32_t stack, uint64_t bytes,
                      uint32_t (*label)(void *data, const struct pool *pool), void *data);

/* BYTES of what STACK took from POOL were given back. */
void alloc_sites_free_one(struct alloc_sites *sites, const struct process *process,
                          const struct pool *pool, uint32_t stack, uint64_t bytes);

/* POOL ended, or was cleared. */
void alloc_sites_give_back(struct alloc_sites *sites, const struct process *process,
                           const struct pool *pool);

/* Bytes that SITE grew by from the end of the first unit to that of the last whole one, which are
 * UNITS - 2 apart; 0 when there were fewer than three, or when it shrank. */
uint64_t alloc_site_growth(const struct alloc_site *site, uint32_t units);

void alloc_sites_free(struct alloc_sites *sites);

#endif
