/*
 * scratch.h - where a stream's writer works, so as not to take the program's stack for it: that may
 * be a few KiB, of a thread, a coroutine or a signal handler.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_SCRATCH_H
#define PRELOAD_UNWIND_SCRATCH_H

#include "preload/code/loaded_objects.h"
#include "preload/trace/stream.h"
#include "preload/unwind/backtrace.h"
#include "preload/unwind/cached_stack.h"
#include "preload/util/vectors.h"

#define SCRATCH_PATH  4096u       /* bytes: PATH_MAX */
#define SCRATCH_STACK (64u << 10) /* bytes, of which libunwind takes a tenth */

struct scratch {
    struct vectors vectors; /* the program's, while a function of others runs */
    struct backtrace backtrace, reference;
    struct stack_trail trail;
    char path[SCRATCH_PATH];
    struct stream_watched watched[STREAM_WATCHED];
    _Alignas(64) uint8_t stack[SCRATCH_STACK]; /* for libunwind */
};

/* STREAM's, made when first needed; NULL: there is no memory. Async-signal-safe. */
struct scratch *scratch_of(struct stream *stream);

/* loaded_find(), with the vector registers as they were. */
bool scratch_find_object(struct scratch *scratch, uint64_t address, struct loaded_object *found);

/* Calls FUNCTION with ARGUMENT on the stack of SCRATCH, with the vector registers as they were
 * after it. No signal is to come meanwhile: its handler would be there, too. */
void scratch_call(struct scratch *scratch, void (*function)(void *argument), void *argument);

#endif
