/*
 * packed_writer.h - writes what packed.h reads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_PACKED_WRITER_H
#define ANALYZER_TRACE_PACKED_WRITER_H

#include "analyzer/trace/packed.h"

struct packed_writer;

/* Writes to FD, which stays the caller's. The caller frees it. */
struct packed_writer *packed_writer_new(int fd);
void packed_writer_free(struct packed_writer *writer);

/* One more frame: SIZE bytes of the trace, at most PACKED_FRAME. False with errno set. */
bool packed_writer_frame(struct packed_writer *writer, const void *bytes, size_t size);

/* The list of blocks, after all frames. False with errno set. */
bool packed_writer_blocks(struct packed_writer *writer, const struct packed_block *blocks,
                          size_t count);

/* Where the trace's first page is known last: leaves room for its frame, before all others; and
 * writes it there, of SIZE bytes, at most TRACE_PAGE. False with errno set. */
bool packed_writer_skip_first(struct packed_writer *writer);
bool packed_writer_put_first(struct packed_writer *writer, const void *bytes, size_t size);

/* Bytes written so far. */
uint64_t packed_writer_size(const struct packed_writer *writer);

#endif
