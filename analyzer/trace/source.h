/*
 * source.h - the bytes of a trace, from the file that the recorder wrote, with what lifeguard keep
 * took out of it put back, or from a packed one.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_SOURCE_H
#define ANALYZER_TRACE_SOURCE_H

#include "analyzer/trace/packed.h"
#include "analyzer/util/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct trace_source;

/* Opens PATH, a regular file; NULL with *ERROR set. The caller closes it. */
struct trace_source *trace_source_open(const char *path, struct error *error);
void trace_source_close(struct trace_source *source);

/* Gives its descriptors back; the next read opens the files anew. Where the trace was thinned
 * since, that is a fault. */
void trace_source_rest(struct trace_source *source);

/* From now on they stay: whatever takes the place of the files, it is read as it was. */
void trace_source_hold(struct trace_source *source);

/* Reads up to SIZE bytes; less only at the trace's end or at damage (trace_source_fault()), -1 with
 * errno set when the file cannot be read. */
ssize_t trace_source_read(struct trace_source *source, void *to, size_t size, uint64_t offset);

/* Length of the trace, 0 when it cannot be told. */
uint64_t trace_source_size(struct trace_source *source);

/* The first place from OFFSET on, which is below END, that may hold something; END: there is none.
 */
uint64_t trace_source_data(struct trace_source *source, uint64_t offset, uint64_t end);

/* Bytes that were taken out of the file and are kept, see kept.h; of a packed one, which has all,
 * UINT64_MAX. *ENDS: kept_ends(). */
uint64_t trace_source_kept(struct trace_source *source, const char **ends);

/* The list of blocks, if the file has one, see packed_trace_blocks(). */
struct packed_block *trace_source_blocks(struct trace_source *source, size_t *count);

/* What is wrong with the file itself, or NULL. */
const char *trace_source_fault(const struct trace_source *source);

#endif
