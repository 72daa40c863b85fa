/*
 * traces.h - the traces of a recording that was just written, one after the other, and what is
 * noted in their headers from outside.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_RECORD_TRACES_H
#define ANALYZER_RECORD_TRACES_H

#include "preload/trace/format.h"

#include <stddef.h>

/* Calls VISIT(DATA, path, header) for each trace in DIR that can be used and is not packed yet. */
void traces_visit(const char *dir,
                  void (*visit)(void *data, const char *path, const struct trace_header *header),
                  void *data);

/* Writes LENGTH bytes at OFFSET of the header of the trace PATH. What cannot be written is as if
 * nobody had known. */
void traces_note(const char *path, size_t offset, const void *bytes, size_t length);

#endif
