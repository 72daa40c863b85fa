/*
 * file.h - the files of a recording: which of a directory are traces, which of them are still
 * written, and how one is opened and read.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_TRACE_FILE_H
#define ANALYZER_TRACE_FILE_H

#include "analyzer/util/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PACKED_SUFFIX ".zst" /* behind TRACE_SUFFIX */

enum recording_file {
    FILE_OTHER,
    FILE_TRACE, /* as the recorder writes it */
    FILE_PACKED /* as pack_trace() leaves it */
};

enum recording_file recording_file_kind(const char *name);

/*
 * Whether a process, of whatever pid namespace, still has the trace open behind FD (for reading) or
 * mapped for writing. Where the file system cannot tell: whether a process PID runs.
 */
bool recording_file_in_use(int fd, pid_t pid);

/* Opens PATH for reading when it is a regular file; -1 with *ERROR set, unless ERROR is NULL. */
int trace_open_file(const char *path, struct error *error);

/* Reads up to SIZE bytes; less only at the file's end, -1 with errno set on error. */
ssize_t trace_read_at(int fd, void *to, size_t size, uint64_t offset);

#endif
