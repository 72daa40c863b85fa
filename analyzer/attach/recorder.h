/*
 * recorder.h - the recorder in another process, by its exported account: preload/util/control.h.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_ATTACH_RECORDER_H
#define ANALYZER_ATTACH_RECORDER_H

#include "analyzer/attach/call.h"
#include "preload/util/control.h"

struct recorder {
    uint64_t at;            /* its account, in the process; 0: it is not loaded */
    struct control control; /* as read last */
};

/* Reads it. False with *ERROR set: what is loaded is another version. */
bool recorder_find(struct recorder *recorder, const struct target_images *images,
                   struct error *error);

/* Does it record the process? */
bool recorder_records(const struct recorder *recorder, const struct target_memory *memory);

/* Does it serve the process with memory? Then it cannot go. */
bool recorder_serves(const struct recorder *recorder, const struct target_memory *memory);

/* Calls FUNCTION of it, and reads its account anew. False with *ERROR set: it did not do it. */
bool recorder_call(struct recorder *recorder, struct caller *caller, uint64_t function,
                   struct error *error);

/* The same of those that are called while all is stopped. */
bool recorder_call_stopped(struct recorder *recorder, struct caller *caller, uint64_t function,
                           struct error *error);

bool recorder_set_state(const struct recorder *recorder, const struct target_memory *memory,
                        enum control_state state);

#endif
