/*
 * file.h - the mapped trace file of this process.
 *
 * The file is sparse, as long as it may become, mapped piece by piece, and its descriptor closed at
 * once. Space is
 * claimed and populated before it is written, so that a full disk shows as an error here and not
 * as SIGBUS there. A forked child does not inherit the mapping. Everything but trace_file_open()
 * is async-signal-safe and may be called from several threads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_TRACE_FILE_H
#define PRELOAD_TRACE_FILE_H

#include "preload/trace/format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a forked child tells about where it comes from; all zero in the first process. */
struct trace_origin {
    uint64_t parent_id;
    uint32_t fork_seq;
    uint32_t first_stack;
    uint64_t sync_tick, sync_ns;
};

/*
 * Creates DIR/PID.trace, at most LIMIT bytes, and maps it. DIR must be absolute. Returns false with
 * nothing left behind when it cannot.
 */
bool trace_file_open(const char *dir, uint64_t limit, const struct trace_origin *origin);

/* The same with the file that FD is, new and empty; FD is closed in any case. */
bool trace_file_take(int fd, uint64_t limit, const struct trace_origin *origin);

/* The program was told of as it is: from here on its calls are. */
void trace_file_attached(void);

/* Recording ends here, and the process goes on. While nobody writes. */
void trace_file_detach(void);

/* Where a writer of the abandoned file may still put its bytes: see preload/hooks/process.c. */
void trace_file_forget(bool keep_addresses);

extern struct trace_header *trace_file_mapped; /* for trace_file_header() alone */

/* The header, or NULL while there is no file. */
static inline struct trace_header *trace_file_header(void)
{
    return trace_file_mapped;
}

/* Where that is kept, for who looks from outside. */
const void *trace_file_place(void);

/* SIZE bytes (a multiple of TRACE_PAGE, at most TRACE_BLOCK_MAX) of zeros, or NULL: recording has
 * stopped for good. Before others than the FIRST bytes are used, they are to be reached. */
void *trace_file_claim(size_t size, size_t first);

/* There is space on the disk for SIZE bytes that were claimed, AT a page. False: recording has
 * stopped for good. */
bool trace_file_reach(void *at, size_t size);

/* That it is recorded was told: for this process and those that it forks. */
void trace_file_announced(void);

/* Before no more can be claimed by system calls: up to 4 MiB are there without, to be claimed. */
void trace_file_reserve(void);

/* Bytes of the file that are in memory, at most. */
uint64_t trace_file_resident(void);

/* Has recording stopped, so that nothing more has room? */
bool trace_file_is_stopped(void);

/* Was it ended by who looks at it? Then what comes now is no loss. */
bool trace_file_is_ended(void);

/* Counts N events as lost. */
void trace_file_lose(enum trace_lost why, uint64_t n);

/* Counts an allocation that was to have pages of its own. */
void trace_file_count_guarded(enum trace_guarded what);
void trace_file_count_sampled(enum trace_sampled what);

/* Notes the CPU time that the process has taken so far: a system call. */
void trace_file_note_cpu(void);

/* Notes the clocks' present relation, from which the analyzer knows the length of a tick. */
void trace_file_sync_clock(void);

#endif
