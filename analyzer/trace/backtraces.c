/* backtraces.c - reads definitions of backtraces, which share frames with those before them. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/internal.h"
#include "analyzer/util/memory.h"
#include "preload/trace/varint.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_LEAST 512 /* frames; a few backtraces are most of the small recordings */
#define CHUNK_MOST  16384

/* Decoded frames lie in chunks that never move: backtraces point into them. */
struct frame_chunk {
    struct frame_chunk *previous;
    size_t used, room;
    uint64_t frames[];
};

_Static_assert(TRACE_DEPTH_MAX <= CHUNK_LEAST, "a backtrace fits into a chunk");

const unsigned char *trace_varint(const unsigned char *at, const unsigned char *end,
                                  uint64_t *value)
{
    uint64_t result = 0;
    for (unsigned i = 0; i < VARINT_MAX && at < end; i++, at++) {
        result |= (uint64_t)(*at & 0x7f) << 7 * i;
        if (*at < 0x80) {
            *value = result;
            return at + 1;
        }
    }
    return NULL;
}

/* Reads nothing at or behind `end`; what is not there, or no number, makes it `bad`. */
struct numbers {
    const unsigned char *at, *end;
    bool bad;
};

static uint64_t read_number(struct numbers *from)
{
    uint64_t value;
    from->at = trace_varint(from->at, from->end, &value);
    from->bad |= from->at == NULL;
    if (from->bad)
        from->at = from->end;
    return from->bad ? 0 : value;
}

/* Each has twice the room of the one before. False: there are more frames than can be. */
static bool add_chunk(struct trace *trace)
{
    struct frame_chunk *chunk = trace->chunk;
    size_t room = !chunk ? CHUNK_LEAST : chunk->room < CHUNK_MOST ? 2 * chunk->room : CHUNK_MOST;
    size_t size = sizeof(*chunk) + room * sizeof(*chunk->frames);
    if (trace_memory(trace) + size > TRACE_DEFINITIONS_MAX)
        return false;
    chunk = xmalloc(size);
    *chunk = (struct frame_chunk){.previous = trace->chunk, .room = room};
    trace->chunk = chunk;
    trace->frame_bytes += size;
    return true;
}

/* Space for DEPTH frames; NULL: there are more than can be. */
static uint64_t *new_frames(struct trace *trace, unsigned depth)
{
    const struct frame_chunk *last = trace->chunk;
    if ((!last || last->room - last->used < depth) && !add_chunk(trace))
        return NULL;
    uint64_t *frames = &trace->chunk->frames[trace->chunk->used];
    trace->chunk->used += depth;
    return frames;
}

/* The backtrace that shares frames, of those since BLOCK_FIRST; NULL: there is none such. */
static const struct stack_definition *find_sharing(const struct trace *trace, size_t block_first,
                                                   uint64_t back, uint64_t shared)
{
    if (back > trace->stack_count - block_first)
        return NULL;
    const struct stack_definition *other = &trace->stacks[trace->stack_count - back];
    return shared <= other->depth ? other : NULL;
}

/* How many numbers follow. */
static unsigned count_numbers(const struct numbers *from)
{
    unsigned count = 0;
    for (const unsigned char *at = from->at; at < from->end; at++)
        count += *at < 0x80;
    return count;
}

/* OWN frames from FROM, the outermost first, and behind them SHARED ones of OTHER. */
static void fill_frames(uint64_t *frames, struct numbers *from, unsigned own,
                        const struct stack_definition *other, unsigned shared)
{
    if (shared)
        memcpy(frames + own, other->frames + (other->depth - shared), shared * sizeof(*frames));
    uint64_t address = shared ? frames[own] : 0;
    for (unsigned i = own; i-- > 0;) {
        address += trace_signed(read_number(from));
        frames[i] = address;
    }
    from->bad |= from->at != from->end;
}

struct stack_definition *trace_new_stack(struct trace *trace)
{
    GROW(trace->stacks, trace->stack_count, trace->stack_capacity);
    return &trace->stacks[trace->stack_count++];
}

bool trace_add_stack(struct trace *trace, size_t block_first, const unsigned char *body,
                     size_t length)
{
    struct numbers from = {body, body + length, false};
    const struct stack_definition *other = NULL;
    uint32_t before =
        trace->stack_count > block_first ? trace->stacks[trace->stack_count - 1].id : 0;
    uint64_t first = read_number(&from), back = read_number(&from);
    uint64_t id = before + trace_signed(first >> 1), shared = back ? read_number(&from) : 0;
    unsigned own = count_numbers(&from);
    if (back)
        other = find_sharing(trace, block_first, back, shared);
    if (from.bad || (back && !other) || id == TRACE_NO_STACK || id > UINT32_MAX ||
        shared + own > TRACE_DEPTH_MAX)
        return false;
    uint64_t *frames = new_frames(trace, (unsigned)shared + own);
    if (!frames)
        return false;
    fill_frames(frames, &from, own, other, (unsigned)shared);
    if (from.bad)
        return false;
    *trace_new_stack(trace) = (struct stack_definition){
        .id = (uint32_t)id, .depth = (uint16_t)(shared + own), .cut = first & 1, .frames = frames};
    return true;
}

void trace_free_stacks(struct trace *trace)
{
    while (trace->chunk) {
        struct frame_chunk *previous = trace->chunk->previous;
        free(trace->chunk);
        trace->chunk = previous;
    }
    free(trace->stacks);
}
