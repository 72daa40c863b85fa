/*
 * fault.h - a touch of what a slot guards (slots.h): it is told in the trace, and the program goes
 * on as if nothing were guarded there.
 *
 * The one handler of a signal that the recorder has: only where allocations are served.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_GUARD_FAULT_H
#define PRELOAD_GUARD_FAULT_H

#include "preload/trace/stream.h"

#include <stdbool.h>
#include <stdint.h>

/* Installs the handler. STOP: the program does not go on, but ends as by any other touch of what is
 * not there. Once, before main. False: it cannot be installed. */
bool fault_setup(bool stop);

/* A system call at STACK is about to touch ADDRESS, which cannot be: the same, told to STREAM. */
void fault_tell_call(struct stream *stream, uint64_t address, bool writes, uint32_t stack);

#endif
