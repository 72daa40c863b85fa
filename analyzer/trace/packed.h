/*
 * packed.h - a packed trace, read as the trace that it was.
 *
 * It is what zstd(1) writes and unpacks: frames one after the other. The first one holds the
 * header's page, the others up to PACKED_FRAME bytes each, so that any place is unpacked without
 * what lies before it. Last comes a frame that zstd skips, with the list of blocks (struct
 * packed_block) compressed: a reader need not unpack all to find them. Where it is missing they
 * are looked for.
 *
 * A packed trace is hostile input like any: no more is unpacked at once than PACKED_FRAME.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_PACKED_H
#define ANALYZER_TRACE_PACKED_H

#include "preload/trace/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PACKED_FRAME       (1u << 20)  /* bytes of the trace in a frame, at most */
#define PACKED_INDEX_MAGIC 0x184d2a57u /* of the frame with the list of blocks */
#define PACKED_INDEX_MAX   (1u << 28)  /* bytes of that list, unpacked */

struct packed_block {
    uint64_t offset; /* in the trace */
    struct trace_block header;
};

struct packed_trace;

/* Whether FD's file begins as zstd's do. */
bool packed_trace_begins(int fd);

/* Every FD below is the packed file, open for reading. The caller frees it. */
struct packed_trace *packed_trace_new(void);
void packed_trace_free(struct packed_trace *packed);

/*
 * Reads SIZE bytes at OFFSET of the trace; less where it ends, or where the file is damaged: see
 * packed_trace_fault().
 */
size_t packed_trace_read(struct packed_trace *packed, int fd, void *to, size_t size,
                         uint64_t offset);

/* Length of the trace, as far as the file is whole. */
uint64_t packed_trace_size(struct packed_trace *packed, int fd);

/* The list of blocks, which the caller frees; NULL: there is none. Nothing in it is checked. */
struct packed_block *packed_trace_blocks(struct packed_trace *packed, int fd, size_t *count);

/* What is wrong with the packed file, and at which offset of it; NULL: nothing so far. */
const char *packed_trace_fault(const struct packed_trace *packed);

#endif
