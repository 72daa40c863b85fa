/*
 * file.h - which files of a directory are traces, and which of them are still written.
 */
#ifndef ANALYZER_TRACE_FILE_H
#define ANALYZER_TRACE_FILE_H

#include <stdbool.h>
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

#endif
