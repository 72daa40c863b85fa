/* order.c - the events of all streams in the order of their times. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/phrases.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define PHRASES_FROM 1024 /* bytes of events */

/* Room for SIZE bytes of a block; false: all streams have more than they can. */
static bool make_room(struct trace *trace, struct stream *stream, size_t size)
{
    if (size <= stream->capacity)
        return true;
    if (trace->buffered - stream->capacity + size > TRACE_BLOCKS_MAX)
        return false;
    trace->buffered += size - stream->capacity;
    stream->capacity = size;
    free(stream->buffer);
    stream->buffer = xmalloc(size);
    return true;
}

/* Whether BLOCK is what a list in the file says, of which the block itself has the header, too. */
static bool is_as_listed(const struct trace *trace, const struct block *block)
{
    struct trace_block header;
    if (trace_source_read(trace->source, &header, sizeof(header), block->offset) != sizeof(header))
        return true; /* that is told when it is read */
    if (header.used < sizeof(header))
        header.used = sizeof(header);
    return memcmp(&header, &block->header, sizeof(header)) == 0;
}

/* NULL, or why the first LENGTH bytes of events in BLOCK cannot be read. */
static const char *read_block(const struct trace *trace, struct stream *stream,
                              const struct block *block, size_t length)
{
    if (trace->listed && !is_as_listed(trace, block))
        return "another block than the list of blocks has there";
    ssize_t got = trace_source_read(trace->source, stream->buffer, length,
                                    block->offset + sizeof(struct trace_block));
    trace_source_rest(trace->source);
    if (got == (ssize_t)length)
        return NULL;
    const char *fault = trace_source_fault(trace->source);
    return fault ? fault : "a block that cannot be read whole";
}

/* Goes on to the stream's next block. NULL, or what is wrong with it. */
static const char *load_block(struct trace *trace, struct stream *stream)
{
    const struct block *block = stream->next;
    uint32_t expected = block == stream->blocks ? 0 : block_next_sequence(&block[-1]);
    if (block->header.sequence != expected)
        return "a block before this one is missing";
    size_t length = block->header.used - sizeof(struct trace_block);
    if (!make_room(trace, stream, length + DECODE_PADDING))
        return "more in the blocks of all threads than can be";
    const char *fault = read_block(trace, stream, block, length);
    if (fault)
        return fault;
    memset(stream->buffer + length, 0, DECODE_PADDING);
    stream_begin(stream, length, &block->header);
    stream->next++;
    stream->begun = true;
    trace->loaded += block->header.size;
    return NULL;
}

/* Ends STREAM at damage, and all others where it ends: later events may depend on its. */
static void end_stream(struct trace *trace, struct stream *stream, uint64_t offset, const char *why)
{
    trace_damaged(trace, offset, "%s", why);
    stream->next = stream->blocks_end;
    stream->at = stream->end;
    if (stream->tick < trace->ends)
        trace->ends = stream->tick;
}

/* The same where the block has no more, or is damaged: DECODED, and WHY. */
static bool next_in_blocks(struct trace *trace, struct stream *stream, struct trace_event *event,
                           enum decoded decoded, const char *why)
{
    for (;; decoded = stream_decode(stream, event, &why)) {
        if (decoded == DECODED_EVENT)
            return true;
        if (decoded == DECODED_DAMAGE) {
            uint64_t at = stream->next[-1].offset + sizeof(struct trace_block) +
                          (uint64_t)(stream->at - stream->buffer);
            end_stream(trace, stream, at, why);
        }
        if (stream->next == stream->blocks_end)
            return false;
        uint64_t at = stream->next->offset;
        why = load_block(trace, stream);
        if (why)
            end_stream(trace, stream, at, why);
    }
}

/* The next event of STREAM alone. */
static inline bool next_of_stream(struct trace *trace, struct stream *stream,
                                  struct trace_event *event)
{
    const char *why = NULL;
    const enum decoded decoded = stream_decode(stream, event, &why);
    return decoded == DECODED_EVENT || next_in_blocks(trace, stream, event, decoded, why);
}

/* Whether A's event comes first; of two at one time that of the lower number. */
static bool is_before(const struct stream *a, const struct stream *b)
{
    return a->pending.tick != b->pending.tick ? a->pending.tick < b->pending.tick : a < b;
}

/* Puts STREAM where it belongs below PLACE, which is free, in the heap of those that wait. */
static void sink(struct trace *trace, size_t place, struct stream *stream)
{
    for (size_t child; (child = 2 * place + 1) < trace->waiting_count; place = child) {
        if (child + 1 < trace->waiting_count &&
            is_before(trace->waiting[child + 1], trace->waiting[child]))
            child++;
        if (!is_before(trace->waiting[child], stream))
            break;
        trace->waiting[place] = trace->waiting[child];
    }
    trace->waiting[place] = stream;
}

static void add_waiting(struct trace *trace, struct stream *stream)
{
    size_t place = trace->waiting_count++;
    for (size_t above; place > 0; place = above) {
        above = (place - 1) / 2;
        if (!is_before(stream, trace->waiting[above]))
            break;
        trace->waiting[place] = trace->waiting[above];
    }
    trace->waiting[place] = stream;
}

/* Gives the turn to the stream whose next event is the earliest, up to where another's is. */
static void choose_stream(struct trace *trace)
{
    const uint64_t last = trace->ends < trace->until ? trace->ends : trace->until;
    trace->current = NULL;
    trace->turn_ends = last;
    if (trace->waiting_count == 0 || trace->waiting[0]->pending.tick > last)
        return;
    trace->current = trace->waiting[0];
    if (--trace->waiting_count > 0) {
        sink(trace, 0, trace->waiting[trace->waiting_count]);
        if (trace->waiting[0]->pending.tick < last)
            trace->turn_ends = trace->waiting[0]->pending.tick;
    }
}

void trace_rewind(struct trace *trace)
{
    trace->ends = UINT64_MAX;
    for (size_t i = 0; i < trace->stream_count; i++) {
        struct stream *stream = &trace->streams[i];
        stream->next = stream->blocks;
        stream->at = stream->end = NULL;
        stream->tick = 0;
        stream->has_pending = stream->begun = false;
    }
    trace_begin_turns(trace);
}

void trace_begin_turns(struct trace *trace)
{
    trace->waiting =
        xreallocarray(trace->waiting, trace->stream_count + 1, sizeof(struct stream *));
    trace->waiting_count = 0;
    for (size_t i = 0; i < trace->stream_count; i++) {
        struct stream *stream = &trace->streams[i];
        if (!stream->has_pending)
            stream->has_pending = next_of_stream(trace, stream, &stream->pending);
        if (stream->has_pending)
            add_waiting(trace, stream);
    }
    choose_stream(trace);
}

static bool next_of_any(struct trace *trace, struct trace_event *event);

/* EVENT, the next of STREAM, if there was ANY and it is its turn; else that of another. */
static inline bool next_in_turn(struct trace *trace, struct stream *stream,
                                struct trace_event *event, bool any)
{
    if (any && event->tick <= trace->turn_ends)
        return true;
    if (any) {
        stream->pending = *event;
        stream->has_pending = true;
        add_waiting(trace, stream);
    }
    choose_stream(trace);
    return next_of_any(trace, event);
}

static bool next_of_any(struct trace *trace, struct trace_event *event)
{
    struct stream *stream = trace->current;
    if (!stream)
        return false;
    if (!stream->has_pending)
        return next_in_turn(trace, stream, event, next_of_stream(trace, stream, event));
    stream->has_pending = false;
    *event = stream->pending;
    return true;
}

bool trace_next(struct trace *trace, struct trace_event *event)
{
    return next_of_any(trace, event);
}

const struct block *trace_block_of_last(const struct trace *trace)
{
    return &trace->current->next[-1];
}

/* A name that was told in the event is in the block, which may be gone at the next event. */
static void keep_name(struct event_batch *batch, struct trace_event *event)
{
    char *text = batch->texts + batch->text_used;
    memcpy(text, event->name, event->name_length);
    event->name = text;
    batch->text_used += event->name_length;
}

/* The next events, as many as are counted in BATCH; and after them another one, which is not yet,
 * in *MORE. False: there are none after those that are counted. */
static bool read_some(struct trace *trace, struct event_batch *batch, bool *more)
{
    struct stream *stream = trace->current;
    *more = true;
    if (!stream || stream->has_pending)
        return next_of_any(trace, &batch->events[batch->count]);
    const char *why = NULL;
    stream->phrases = phrases_pay(trace->phrases) ? trace->phrases : NULL;
    const enum decoded decoded = stream_decode_some(stream, trace->turn_ends, batch, &why);
    *more = decoded != DECODED_SOME;
    if (!*more)
        return true;
    struct trace_event *event = &batch->events[batch->count];
    const bool any = decoded == DECODED_EVENT || next_in_blocks(trace, stream, event, decoded, why);
    return next_in_turn(trace, stream, event, any);
}

static bool add_some(struct trace *trace, struct event_batch *batch)
{
    bool more;
    if (!read_some(trace, batch, &more))
        return false;
    struct trace_event *event = &batch->events[batch->count];
    if (more && event->kind == TRACE_EVENT_NAME && event->name_id == TRACE_NO_NAME)
        keep_name(batch, event);
    batch->count += more;
    return true;
}

/* What is followed may yet be told of other names. */
static bool has_phrases(const struct trace *trace)
{
    return !trace->growing && trace_event_bytes(trace) >= PHRASES_FROM;
}

bool trace_read_events(struct trace *trace, struct event_batch *batch)
{
    uint64_t before = trace->loaded;
    if (!trace->phrases && has_phrases(trace))
        trace->phrases = phrases_new();
    batch->count = batch->text_used = batch->allocation_count = 0;
    while (event_batch_has_room(batch) && add_some(trace, batch))
        ;
    batch->bytes = trace->loaded - before;
    return batch->count > 0;
}
