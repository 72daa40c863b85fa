#define _GNU_SOURCE /* SEEK_DATA */

#include "memory.h"
#include "trace_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void append(struct block_list *list, uint64_t offset, const struct trace_block *header)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->items = xreallocarray(list->items, list->capacity, sizeof(*list->items));
    }
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
static uint64_t after_hole(int fd, uint64_t offset, uint64_t end)
{
    offset += TRACE_PAGE;
    off_t data = lseek(fd, (off_t)offset, SEEK_DATA);
    if (data < 0)
        return errno == ENXIO ? end : offset;
    uint64_t page = (uint64_t)data / TRACE_PAGE * TRACE_PAGE;
    return page > offset ? page : offset;
}

/* Lists the blocks from OFFSET up to END; the events' only if wanted. */
static void scan(struct trace *trace, int fd, uint64_t offset, uint64_t end, bool want_events)
{
    while (offset + sizeof(struct trace_block) <= end) {
        struct trace_block block;
        if (trace_read_at(fd, &block, sizeof(block), offset) != sizeof(block)) {
            trace_damaged(trace, offset, "cannot be read");
            return;
        }
        if (block.magic == 0) {
            offset = after_hole(fd, offset, end);
            continue;
        }
        const char *fault = block_fault(&block);
        if (fault) {
            trace_damaged(trace, offset, "%s", fault);
            return;
        }
        if (block.type == TRACE_BLOCK_DEFINITIONS)
            append(&trace->definitions, offset, &block);
        else if (want_events)
            append(&trace->events, offset, &block);
        offset += block.size;
    }
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
        uint32_t expected = first ? 0 : block[-1].header.sequence + 1;
        if (block->header.sequence == expected)
            continue;
        trace_damaged(trace, block->offset, "block %" PRIu32 " of stream %" PRIu32 " is missing",
                      expected, block->header.stream);
    }
}

static uint64_t file_end(struct trace *trace, int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    if (size < 0)
        return 0;
    if ((uint64_t)size < trace->header.claimed)
        trace_damaged(trace, (uint64_t)size, "cut off: %" PRIu64 " bytes are missing",
                      trace->header.claimed - (uint64_t)size);
    return (uint64_t)size < trace->header.claimed ? (uint64_t)size : trace->header.claimed;
}

void trace_index(struct trace *trace, int fd)
{
    uint64_t end = file_end(trace, fd);
    scan(trace, fd, TRACE_PAGE, end, true);
    /* Where the process is still at work, what its events refer to may lie behind what was its end
     * when the scan began. */
    struct trace_header now;
    if (!trace->damage && trace_read_at(fd, &now, sizeof(now), 0) == sizeof(now) &&
        now.claimed > trace->header.claimed) {
        trace->header.claimed = now.claimed;
        scan(trace, fd, end, file_end(trace, fd), false);
    }
    if (trace->events.count)
        qsort(trace->events.items, trace->events.count, sizeof(struct block),
              by_stream_and_sequence);
    look_for_gaps(trace);
}
