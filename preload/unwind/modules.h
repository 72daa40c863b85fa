/*
 * modules.h - the code that is mapped into the process: found when it is first seen on a stack,
 * told to the trace, and noticed when it goes.
 *
 * Look-ups take no lock (preload/code/loaded_objects.h). Async-signal-safe but for what is done
 * before main.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_UNWIND_MODULES_H
#define PRELOAD_UNWIND_MODULES_H

#include "preload/trace/stream.h"

#include <stdbool.h>
#include <stdint.h>

enum module_state { MODULE_FREE, MODULE_CLAIMED, MODULE_KNOWN, MODULE_STATES };

struct module {
    uint64_t start, end; /* as mapped; end is one past the last byte */
    uint64_t bias;       /* added to the addresses in the file */
    const void *eh_frame_hdr;
    const void *identity; /* tells this loading of it from every other */
    /* enum module_state + MODULE_STATES * how often it was used: the rest is there, and the same,
     * while this is the same MODULE_KNOWN. */
    uint32_t state;
};

/* Learns where the recorder itself lies: its frames are left out of backtraces. Once. */
void modules_setup(void);

/*
 * The module that maps ADDRESS, or NULL. One that is new is defined in STREAM, as known to stacks
 * with id NEXT_STACK and above.
 */
const struct module *modules_find(struct stream *stream, uint64_t address, uint32_t next_stack);

/* Is ADDRESS in no module? False where that cannot be told. */
bool modules_has_none(struct stream *stream, uint64_t address);

/* Before main: finds those that were loaded by a relative path, as the program may go elsewhere. Of
 * one that is loaded so later, the directory counts in which it is first seen. */
void modules_find_relative(struct stream *stream, uint32_t next_stack);

/* Is ADDRESS code of the recorder? */
bool modules_is_recorder(uint64_t address);

/*
 * To be called after something was unloaded: tells STREAM what is gone, for stacks with id
 * NEXT_STACK and above. True if anything that had been seen is: what was derived from it is void.
 */
bool modules_drop_unloaded(struct stream *stream, uint32_t next_stack);

/* Where the recorder itself is mapped. */
void modules_recorder(uint64_t *start, uint64_t *end);

/* A new trace begins: each is defined again where it is needed. By who is alone. */
void modules_forget(void);

#endif
