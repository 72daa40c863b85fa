/*
 * writer.h - writes a trace: another one's header and definitions, with events of its own.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_WRITER_H
#define ANALYZER_THIN_WRITER_H

#include "analyzer/trace/trace.h"

struct thin_writer;

/* Writes to FD, a new file, which stays the caller's: packed, as analyzer/trace/packed.h reads it.
 * The caller ends it with thin_writer_end(). */
struct thin_writer *thin_writer_new(int fd, const struct trace *from);

/* EVENT, no run, as the next one of its thread. */
void thin_writer_put(struct thin_writer *writer, const struct trace_event *event);

/* The trace's header, but for what follows from what was written, is HEADER; NULL: it is not wanted
 * any more. False with errno set: it was not all written. */
bool thin_writer_end(struct thin_writer *writer, const struct trace_header *header);

#endif
