/*
 * blocks.h - which blocks of a trace that is written will not change any more: each but the last
 * of its stream and type, once there has been a look at the one after it.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_KEEP_BLOCKS_H
#define ANALYZER_KEEP_BLOCKS_H

#include "analyzer/trace/kept.h"
#include "analyzer/util/keymap.h"

/* A block that another one followed. */
struct done_block {
    struct kept_range range;
    uint32_t look; /* in which that was seen */
};

/* Zeroed, it has seen none. */
struct blocks {
    uint64_t scanned;        /* so far the trace was looked through; 0: not yet */
    unsigned waited;         /* looks that found nothing written there, though it was claimed */
    uint32_t look;           /* its number, from 1 */
    struct kept_range *open; /* the last one of each stream and type */
    size_t open_count, open_capacity;
    struct keymap numbers;   /* of these, by stream and type */
    struct done_block *done; /* those of a stream and type in their order */
    size_t done_count, done_capacity;
};

/* Looks at what was claimed since in the trace open as FD, with that HEADER, of which KEPT was
 * taken out. False: there is something that is no block. */
bool blocks_look(struct blocks *blocks, int fd, const struct trace_header *header,
                 const struct kept *kept);

/* The process has ended: all of them are done. */
void blocks_end(struct blocks *blocks);

/* How many of the done ones, from the first on, one look or more has passed over; their BYTES. */
size_t blocks_settled(const struct blocks *blocks, uint64_t *bytes);

/* Forgets the first COUNT of those that are done. */
void blocks_drop(struct blocks *blocks, size_t count);

/* And those that another keep has taken out. */
void blocks_drop_kept(struct blocks *blocks, const struct kept *kept);

void blocks_free(struct blocks *blocks);

#endif
