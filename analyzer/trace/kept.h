/*
 * kept.h - what lifeguard keep took out of a trace that is written still: blocks that will not
 * change any more, compressed, in a file beside it.
 *
 * The file holds pieces one after the other: a struct kept_piece with a list of struct kept_range,
 * as a frame that zstd(1) skips, then one frame with the bytes of these ranges. A piece that is not
 * all there is the end: it was being written. What trace_header.released says was taken out is
 * here, or the trace is damaged. Where a piece has no frame of bytes, these are all zeros: what was
 * there has been left out since (analyzer/thin/thin.h), with which another file takes the place of
 * this one.
 *
 * The file is hostile input like any: no more is unpacked at once than KEPT_PIECE.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_KEPT_H
#define ANALYZER_TRACE_KEPT_H

#include "preload/trace/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEPT_STATE_PREFIX                                                                          \
    "keep." /* of a file with sums of processes, see analyzer/replay/folded.h: */
#define KEPT_STATE_SUFFIX ".state" /* ...PREFIX, the run's number, SUFFIX */
#define KEPT_SUFFIX       ".kept"  /* behind the trace's name */
#define KEPT_MAGIC        0x184d2a58u
#define KEPT_VERSION      2          /* 1 has no pieces of zeros */
#define KEPT_PIECE        (4u << 20) /* bytes of the trace in a piece, at most */

struct kept_piece {
    uint32_t magic;   /* KEPT_MAGIC */
    uint32_t length;  /* bytes that follow, without the frame of the bytes */
    uint32_t version; /* KEPT_VERSION */
    uint32_t count;   /* of ranges */
    uint64_t file_id; /* the trace's */
    uint32_t packed;  /* bytes of the frame; 0: there is none */
    uint32_t size;    /* what comes out of it: the ranges one after the other */
    uint64_t check;   /* kept_check() */
};

struct kept_range {
    uint64_t offset, size; /* in the trace; whole pages */
};

/* Of PIECE, whatever its `check`, and of its list. */
uint64_t kept_check(const struct kept_piece *piece, const struct kept_range *ranges);

/* Is NAME one with sums of processes, or part of one? */
bool kept_is_state(const char *name);
/* Whether NAME is one of such a file. */
bool kept_is_file(const char *name);

struct kept;

/* Of the trace in the file PATH; there may be none. The caller frees it. */
struct kept *kept_new(const char *path);
void kept_free(struct kept *kept);

/* Gives the descriptor back, and what was unpacked; both come again. */
void kept_rest(struct kept *kept);

/* From now on the descriptor is kept: another file may take the place of this one, of which nobody
 * wants to know. Else that is a fault. */
void kept_hold(struct kept *kept);

/* Whether there is such a file by now. */
bool kept_is_there(struct kept *kept);

/* Looks for pieces of the trace FILE_ID that came since. False: there is nothing at all. */
bool kept_look(struct kept *kept, uint64_t file_id);

/*
 * Puts those of SIZE bytes at OFFSET of the trace that are kept into TO, where what lies in its own
 * file is. False: they cannot be read, see kept_fault().
 */
bool kept_read(struct kept *kept, void *to, size_t size, uint64_t offset);

/* Bytes of the trace that are kept; and of the file, as far as it is whole. */
uint64_t kept_size(const struct kept *kept);
uint64_t kept_end(const struct kept *kept);

/* The range that holds OFFSET. False: none does. */
bool kept_find(const struct kept *kept, uint64_t offset, struct kept_range *range);

/* The first range that ends behind OFFSET. False: there is none. */
bool kept_following(const struct kept *kept, uint64_t offset, struct kept_range *range);

/* The first place from OFFSET on that is kept, and not zeros. False: there is none. */
bool kept_next(const struct kept *kept, uint64_t offset, uint64_t *at);

/* Why there is no other piece behind the last one, though the file goes on: for now, where one is
 * being written. NULL: it does not go on. */
const char *kept_ends(const struct kept *kept);

/* What is wrong with what it holds, and at which offset; NULL: nothing so far. */
const char *kept_fault(const struct kept *kept);

#endif
