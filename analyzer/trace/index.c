/* index.c - finds the blocks of a trace, and which stream each belongs to. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/internal.h"
#include "analyzer/trace/kept.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdlib.h>

static void append(struct block_list *list, uint64_t offset, const struct trace_block *header)
{
    GROW(list->items, list->count, list->capacity);
    struct block *block = &list->items[list->count++];
    *block = (struct block){.offset = offset, .header = *header};
    if (block->header.used < sizeof(*header)) /* opened, and nothing committed yet */
        block->header.used = sizeof(*header);
}

static const char *block_fault(const struct trace_block *block)
{
    if (block->magic != TRACE_BLOCK_MAGIC)
        return "no block starts here";
    if (block->type != TRACE_BLOCK_EVENTS && block->type != TRACE_BLOCK_DEFINITIONS)
        return "a block of unknown type";
    if (block->size < TRACE_PAGE || block->size > TRACE_BLOCK_MAX || block->size % TRACE_PAGE != 0)
        return "a block of impossible size";
    if (block->used > block->size)
        return "a block that holds more than it can";
    return NULL;
}

/*
 * The next page that may hold something, after a page at OFFSET that was claimed and not written.
 * Pages that the file system does not even store are skipped at once.
 */
static uint64_t after_hole(struct trace *trace, uint64_t offset, uint64_t end)
{
    offset += TRACE_PAGE;
    return offset < end ? trace_source_data(trace->source, offset, end) / TRACE_PAGE * TRACE_PAGE
                        : end;
}

/* What is behind a page that was not written yet is found again. */
static bool is_listed(const struct trace *trace, const struct block_list *list, uint64_t offset)
{
    for (size_t i = 0; trace->scanned && i < list->count; i++)
        if (list->items[i].offset == offset)
            return true;
    return false;
}

/* False: the block at OFFSET is none. */
static bool take_block(struct trace *trace, uint64_t offset, const struct trace_block *block,
                       bool want_events)
{
    const char *fault = block_fault(block);
    bool events = block->type == TRACE_BLOCK_EVENTS;
    struct block_list *list = events ? &trace->events : &trace->definitions;
    if (fault)
        trace_damaged(trace, offset, "%s", fault);
    else if ((want_events || !events) && !is_listed(trace, list, offset))
        append(list, offset, block);
    return !fault;
}

/* Lists the blocks from OFFSET up to END; the events' only if wanted. Returns from where on there
 * may be more of them later. */
static uint64_t scan(struct trace *trace, uint64_t offset, uint64_t end, bool want_events)
{
    uint64_t hole = 0;
    while (offset + sizeof(struct trace_block) <= end) {
        struct trace_block block;
        if (trace_source_read(trace->source, &block, sizeof(block), offset) != sizeof(block)) {
            const char *fault = trace_source_fault(trace->source);
            trace_damaged(trace, offset, "%s", fault ? fault : "cannot be read");
            break;
        }
        if (block.magic == 0) {
            hole = hole ? hole : offset;
            offset = after_hole(trace, offset, end);
        } else if (take_block(trace, offset, &block, want_events)) {
            offset += block.size;
        } else {
            break;
        }
    }
    return hole ? hole : offset;
}

/* Takes the blocks from the list in the file, which lie one behind the other before END; false: it
 * has none. */
static bool take_list(struct trace *trace, uint64_t end)
{
    size_t count;
    struct packed_block *blocks = trace_source_blocks(trace->source, &count);
    const char *fault = trace_source_fault(trace->source);
    if (!blocks && fault)
        trace_damaged(trace, end, "%s", fault);
    if (!blocks)
        return false;
    uint64_t free_from = TRACE_PAGE;
    for (size_t i = 0; i < count; i++) {
        const uint64_t offset = blocks[i].offset;
        if (offset < free_from || offset > end || end - offset < blocks[i].header.size) {
            trace_damaged(trace, offset, "the list of blocks has one where none can be");
            break;
        }
        if (!take_block(trace, offset, &blocks[i].header, true))
            break;
        free_from = offset + blocks[i].header.size;
    }
    free(blocks);
    trace->listed = true;
    return true;
}

static int by_stream_and_sequence(const void *left, const void *right)
{
    const struct block *a = left, *b = right;
    if (a->header.stream != b->header.stream)
        return a->header.stream < b->header.stream ? -1 : 1;
    if (a->header.sequence != b->header.sequence)
        return a->header.sequence < b->header.sequence ? -1 : 1;
    return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Each stream's blocks must follow each other; the reader stops where they do not. */
static void look_for_gaps(struct trace *trace)
{
    for (size_t i = 0; i < trace->events.count; i++) {
        const struct block *block = &trace->events.items[i];
        bool first = i == 0 || block[-1].header.stream != block->header.stream;
        uint32_t expected = first ? 0 : block_next_sequence(&block[-1]);
        if (block->header.sequence == expected)
            continue;
        trace_damaged(trace, block->offset, "block %" PRIu32 " of stream %" PRIu32 " is missing",
                      expected, block->header.stream);
    }
}

static uint64_t trace_end(struct trace *trace)
{
    uint64_t size = trace_source_size(trace->source);
    if (size < trace->header.claimed)
        trace_damaged(trace, size, "cut off: %" PRIu64 " bytes are missing",
                      trace->header.claimed - size);
    return size < trace->header.claimed ? size : trace->header.claimed;
}

/* What is written while the blocks are listed: what their events refer to may lie behind the end
 * as it was then. */
static void scan_news(struct trace *trace, uint64_t end)
{
    struct trace_header now;
    if (trace->damage || trace_source_read(trace->source, &now, sizeof(now), 0) != sizeof(now) ||
        now.claimed <= trace->header.claimed)
        return;
    trace->header.claimed = now.claimed;
    scan(trace, end, trace_end(trace), false);
}

/* Who claims space writes the beginning of a block there at once, and once it has one it goes on:
 * all of it empty is what a session leaves that wiped its trace, or one killed at that very moment.
 */
static void look_for_nothing(struct trace *trace)
{
    if (trace->header.claimed > TRACE_PAGE && !trace->growing && !trace->damage &&
        trace->events.count + trace->definitions.count == 0)
        trace_damaged(trace, TRACE_PAGE, "nothing is in what was claimed");
}

void trace_sort_events(struct trace *trace)
{
    if (trace->events.count)
        qsort(trace->events.items, trace->events.count, sizeof(struct block),
              by_stream_and_sequence);
}

/* Before what was taken out is missing it is kept, and before it is taken out that is told. */
static void look_for_kept(struct trace *trace)
{
    const uint64_t released = trace->header.released;
    const char *ends = NULL;
    const uint64_t kept = released ? trace_source_kept(trace->source, &ends) : 0;
    if (released > kept)
        trace_damaged(trace, TRACE_PAGE,
                      "of %" PRIu64 " bytes that lifeguard keep took out, %" PRIu64
                      " are not in the " KEPT_SUFFIX " file beside it%s%s",
                      released, released - kept, ends ? ": " : "", ends ? ends : "");
}

void trace_index(struct trace *trace)
{
    look_for_kept(trace);
    uint64_t end = trace_end(trace);
    if (!take_list(trace, end)) {
        uint64_t scanned = scan(trace, TRACE_PAGE, end, true);
        scan_news(trace, end);
        trace->scanned = scanned;
    }
    look_for_nothing(trace);
    trace_sort_events(trace);
    look_for_gaps(trace);
}

void trace_index_news(struct trace *trace, bool want_events)
{
    uint64_t scanned = scan(trace, trace->scanned, trace_end(trace), want_events);
    if (want_events)
        trace->scanned = scanned;
}

static int by_number(const void *left, const void *right)
{
    const struct stream *a = left, *b = right;
    return a->number < b->number ? -1 : a->number > b->number;
}

/* The stream of that number, made when new, of which the first KNOWN are in order; NULL: there are
 * too many. */
static struct stream *find_stream(struct trace *trace, uint32_t number, size_t known)
{
    const struct stream new = {.number = number, .names = &trace->names};
    struct stream *found =
        known ? bsearch(&new, trace->streams, known, sizeof(new), by_number) : NULL;
    if (found || trace->stream_count == TRACE_THREADS_MAX) /* one more, of a thinned trace */
        return found;
    trace->streams =
        xreallocarray(trace->streams, trace->stream_count + 1, sizeof(*trace->streams));
    trace->streams[trace->stream_count] = new;
    return &trace->streams[trace->stream_count++];
}

void trace_place_streams(struct trace *trace)
{
    const size_t known = trace->stream_count;
    for (size_t i = 0; i < trace->events.count;) {
        const struct block *block = &trace->events.items[i];
        struct stream *stream = find_stream(trace, block->header.stream, known);
        if (!stream) {
            trace_damaged(trace, block->offset, "more threads than can be");
            return;
        }
        for (; i < trace->events.count; i++)
            if (trace->events.items[i].header.stream != stream->number)
                break;
        stream->blocks = block;
        stream->next = block + stream->begun;
        stream->blocks_end = &trace->events.items[i];
    }
    if (trace->stream_count > known)
        qsort(trace->streams, trace->stream_count, sizeof(*trace->streams), by_number);
}
