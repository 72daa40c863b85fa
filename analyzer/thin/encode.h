/*
 * encode.h - packs events as the recorder does: what analyzer/trace/decode.c reads.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_THIN_ENCODE_H
#define ANALYZER_THIN_ENCODE_H

#include "analyzer/trace/trace.h"

/* Bytes that any event takes, with its time, its pool and its name, at most. */
#define ENCODED_MAX 512

/* What events of one block refer to. Zeroed but for `tick`, the block's base_tick, it begins one.
 */
struct encoder {
    uint64_t tick;
    uint64_t slots[TRACE_POOL_SLOTS];
    uint64_t last_pool, last_object;
    uint32_t last_stack;
};

/* Puts EVENT, no run, and not earlier than the one before, to TO; returns what is behind it. */
uint8_t *encode_event(struct encoder *encoder, uint8_t *to, const struct trace_event *event);

#endif
