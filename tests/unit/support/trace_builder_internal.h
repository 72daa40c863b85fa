/*
 * trace_builder_internal.h - what trace_builder.c (the file, its definitions) and
 * trace_builder_events.c (its events) share.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_SUPPORT_TRACE_BUILDER_INTERNAL_H
#define TESTS_UNIT_SUPPORT_TRACE_BUILDER_INTERNAL_H

#include "tests/unit/support/bytes.h"
#include "tests/unit/support/trace_builder.h"

#define STREAMS     2000
#define BLOCKS      2050
#define HOLE_STREAM UINT32_MAX

/* A block as it grows: its content without the header. */
struct block {
    struct trace_block header;
    struct bytes content;
};

struct trace_builder {
    struct trace_header header;
    struct block blocks[BLOCKS]; /* in the file's order; the first has the definitions */
    unsigned count;
    struct {
        struct block *open;
        uint32_t sequence, stack;
        uint64_t tick, pool, object;
    } streams[STREAMS];
    uint32_t stream;
    uint32_t last_stack;
    uint64_t tick;
    struct bytes image;
};

/* A new one, the last of the file. */
struct block *builder_add_block(struct trace_builder *builder, unsigned type, uint32_t stream);

#endif
