/* follow.c - reads on in a trace that is still written. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/internal.h"
#include "analyzer/util/memory.h"

#include <string.h>

/* Blocks that a stream has read to their ends are forgotten; the one it is in stays its first. */
static void drop_read(struct trace *trace)
{
    struct block *to = trace->events.items;
    for (size_t i = 0; i < trace->stream_count; i++) {
        const struct stream *stream = &trace->streams[i];
        const struct block *from = stream->next - stream->begun;
        size_t count = (size_t)(stream->blocks_end - from);
        memmove(to, from, count * sizeof(*to));
        to += count;
    }
    trace->events.count = (size_t)(to - trace->events.items);
}

/* Whether BLOCK, found behind a page that was not written before, comes before all of its stream
 * among the first COUNT: it was read. */
static bool was_read(const struct trace *trace, size_t count, const struct block *block)
{
    for (size_t i = 0; i < count; i++) {
        const struct trace_block *first = &trace->events.items[i].header;
        if (first->stream == block->header.stream)
            return block->header.sequence < first->sequence;
    }
    return false;
}

static void drop_known(struct trace *trace, size_t count)
{
    size_t kept = count;
    for (size_t i = count; i < trace->events.count; i++)
        if (!was_read(trace, count, &trace->events.items[i]))
            trace->events.items[kept++] = trace->events.items[i];
    trace->events.count = kept;
}

/* All may have grown since they were found, up to when their stream's next one was begun. */
static bool measure_blocks(struct trace *trace)
{
    for (size_t i = 0; i < trace->events.count; i++) {
        struct block *block = &trace->events.items[i];
        struct trace_block now;
        if (trace_source_read(trace->source, &now, sizeof(now), block->offset) != sizeof(now) ||
            now.magic != TRACE_BLOCK_MAGIC || now.used > block->header.size)
            return false;
        if (now.used > block->header.used)
            block->header.used = now.used;
    }
    return true;
}

static bool is_gapless(const struct trace *trace)
{
    for (size_t i = 1; i < trace->events.count; i++) {
        const struct trace_block *block = &trace->events.items[i].header;
        const struct trace_block *before = &trace->events.items[i - 1].header;
        if (block->stream == before->stream &&
            block->sequence != block_next_sequence(&trace->events.items[i - 1]))
            return false;
    }
    return true;
}

/* Reads on in the block that STREAM is in, or once more what may have grown. */
static bool grow_buffer(struct trace *trace, struct stream *stream)
{
    size_t had = (size_t)(stream->end - stream->buffer), at = (size_t)(stream->at - stream->buffer);
    size_t has = stream->blocks->header.used - sizeof(struct trace_block);
    stream->counted.any &= stream->begun && at <= stream->counted.end;
    if (!stream->begun || has < had || (has == had && !stream->counted.any))
        return true;
    const size_t from = stream->counted.any ? stream->counted.begin : had;
    bool inline_name = stream->has_pending && stream->pending.kind == TRACE_EVENT_NAME &&
                       stream->pending.name_id == TRACE_NO_NAME;
    size_t name = inline_name ? (size_t)(stream->pending.name - (const char *)stream->buffer) : 0;
    if (has + DECODE_PADDING > stream->capacity) {
        stream->capacity = has + DECODE_PADDING;
        stream->buffer = xrealloc(stream->buffer, stream->capacity);
    }
    if (inline_name)
        stream->pending.name = (const char *)stream->buffer + name;
    stream->at = stream->buffer + at;
    stream->end = stream->buffer + has;
    memset(stream->buffer + has, 0, DECODE_PADDING);
    decode_units_again(stream);
    return trace_source_read(trace->source, stream->buffer + from, has - from,
                             stream->blocks->offset + sizeof(struct trace_block) + from) ==
           (ssize_t)(has - from);
}

/* Events first: what they refer to is there before them. */
static bool take_news(struct trace *trace)
{
    struct trace_header now;
    if (trace->damage || trace_source_read(trace->source, &now, sizeof(now), 0) != sizeof(now) ||
        memcmp(now.magic, trace->header.magic, sizeof(now.magic)) != 0 ||
        now.file_id != trace->header.file_id || now.claimed < trace->header.claimed)
        return false;
    trace->header = now;
    drop_read(trace);
    size_t count = trace->events.count;
    if (trace->scanned) {
        trace_index_news(trace, true);
        drop_known(trace, count);
    }
    if (!measure_blocks(trace))
        return false;
    if (trace->scanned)
        trace_index_news(trace, false);
    trace_sort_events(trace);
    trace_place_streams(trace);
    trace_load_definitions(trace);
    bool whole = !trace->damage && is_gapless(trace);
    for (size_t i = 0; whole && i < trace->stream_count; i++)
        whole = grow_buffer(trace, &trace->streams[i]);
    return whole;
}

bool trace_follow(struct trace *trace, uint64_t until)
{
    bool whole = take_news(trace);
    trace_source_rest(trace->source);
    if (!whole)
        return false;
    trace->until = trace_limit(trace, until);
    trace_begin_turns(trace);
    return !trace->damage;
}
