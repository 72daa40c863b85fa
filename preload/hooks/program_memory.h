/*
 * program_memory.h - what the program may refer to its pools from: its variables, its stack and
 * whatever else it may write, without what is the recorder's own.
 *
 * For a walk of the pools (preload/walk/). Async-signal-safe. By who is not the only thread, all is
 * read by a system call that cannot fault, and /proc is opened: where no filter kills for that.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_PROGRAM_MEMORY_H
#define PRELOAD_HOOKS_PROGRAM_MEMORY_H

#include "preload/util/control.h"
#include "preload/util/mappings.h"
#include "preload/util/registers.h"
#include "preload/walk/mark.h"

#define PROGRAM_RANGES_MAX 12288
#define PROGRAM_PAGES      8192 /* that are remembered to be readable: 32 MiB */

enum range_kind { RANGE_STATIC, RANGE_HEAP, RANGE_OTHER, RANGE_CONSTANT };

struct program_memory {
    size_t count;
    uint64_t bytes; /* without constants */
    bool cut;       /* there is more than has room here */
    bool alone;     /* no other thread is there that may change or unmap something */
    struct walk_range ranges[PROGRAM_RANGES_MAX];
    uint8_t kinds[PROGRAM_RANGES_MAX]; /* enum range_kind */
    uint64_t readable[PROGRAM_PAGES];  /* numbers of pages that are known to be there, + 1 */
};

struct scratch;

/* ALONE: the caller is the only thread. What lies from OWN_BEGIN to OWN_END is the recorder's, too.
 * False: it cannot be told. */
bool program_memory_find(struct program_memory *memory, struct scratch *scratch, bool alone,
                         const struct registers *registers, uint64_t own_begin, uint64_t own_end);

/* The same by the only thread, of the COUNT mappings that MAPPINGS tells of. */
bool program_memory_take(struct program_memory *memory, struct scratch *scratch,
                         const struct control_mapping *mappings, size_t count, uint64_t own_begin,
                         uint64_t own_end);

/* walk_read() of the process itself, with a struct program_memory. What is gone of much reads as
 * zeros: it refers to nothing. */
size_t program_memory_read(void *memory, uint64_t address, void *to, size_t size);

/* walk_view() of the same, where it is alone: nothing is copied. */
const void *program_memory_view(void *memory, uint64_t address, size_t *size);

/* Adds pools that no tree leads to, see preload/walk/search.h. */
void program_memory_search(const struct program_memory *memory, struct walk *walk);

/* Marks from all of it, and from REGISTERS; from constants after walk_doubt() only: they may be
 * data that was written before. */
void program_memory_mark(const struct program_memory *memory, struct walk *walk,
                         const struct registers *registers);

#endif
