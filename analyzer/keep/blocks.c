/* blocks.c - which blocks of a trace will not change any more; see blocks.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/keep/blocks.h"

#include "analyzer/trace/file.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What was claimed and not written by then never will be, most likely; if it is, it stays where it
 * is. */
#define HOLE_LOOKS 5

static void add_done(struct blocks *blocks, struct kept_range range)
{
    GROW(blocks->done, blocks->done_count, blocks->done_capacity);
    blocks->done[blocks->done_count++] = (struct done_block){range, blocks->look};
}

static void add_block(struct blocks *blocks, const struct trace_block *block, uint64_t offset)
{
    const struct kept_range range = {offset, block->size};
    const bool events = block->type == TRACE_BLOCK_EVENTS;
    uint32_t *number =
        keymap_put(&blocks->numbers, 1 + ((uint64_t)block->stream << 1 | (uint64_t)events));
    if (*number) {
        add_done(blocks, blocks->open[*number - 1]);
        blocks->open[*number - 1] = range;
        return;
    }
    GROW(blocks->open, blocks->open_count, blocks->open_capacity);
    blocks->open[blocks->open_count++] = range;
    *number = (uint32_t)blocks->open_count;
}

static bool is_block(const struct trace_block *block)
{
    return block->magic == TRACE_BLOCK_MAGIC &&
           (block->type == TRACE_BLOCK_EVENTS || block->type == TRACE_BLOCK_DEFINITIONS) &&
           block->size >= TRACE_PAGE && block->size <= TRACE_BLOCK_MAX &&
           block->size % TRACE_PAGE == 0;
}

/* Where something may be behind the page at OFFSET. */
static uint64_t after_hole(int fd, uint64_t offset, const struct kept *kept, uint64_t end)
{
    uint64_t at;
    offset += TRACE_PAGE;
    const off_t data = lseek(fd, (off_t)offset, SEEK_DATA);
    const uint64_t next = data < 0 ? end : (uint64_t)data / TRACE_PAGE * TRACE_PAGE;
    return kept_next(kept, offset, &at) && at < next ? at : next;
}

bool blocks_look(struct blocks *blocks, int fd, const struct trace_header *header,
                 const struct kept *kept)
{
    uint64_t at = blocks->scanned ? blocks->scanned : TRACE_PAGE;
    blocks->look++;
    while (at + sizeof(struct trace_block) <= header->claimed) {
        struct trace_block block;
        struct kept_range range;
        if (kept_find(kept, at, &range)) {
            at = range.offset + range.size;
        } else if (trace_read_at(fd, &block, sizeof(block), at) != sizeof(block)) {
            return false;
        } else if (is_block(&block)) {
            add_block(blocks, &block, at);
            at += block.size;
            blocks->waited = 0;
        } else if (block.magic != 0) {
            return false;
        } else if (blocks->waited < HOLE_LOOKS) {
            blocks->waited++;
            break;
        } else {
            at = after_hole(fd, at, kept, header->claimed);
        }
    }
    blocks->scanned = at;
    return true;
}

void blocks_end(struct blocks *blocks)
{
    for (size_t i = 0; i < blocks->open_count; i++)
        add_done(blocks, blocks->open[i]);
    blocks->open_count = 0;
    keymap_free(&blocks->numbers);
    memset(&blocks->numbers, 0, sizeof(blocks->numbers));
    blocks->look++;
}

size_t blocks_settled(const struct blocks *blocks, uint64_t *bytes)
{
    size_t count = 0;
    *bytes = 0;
    while (count < blocks->done_count && blocks->done[count].look < blocks->look)
        *bytes += blocks->done[count++].range.size;
    return count;
}

void blocks_drop(struct blocks *blocks, size_t count)
{
    blocks->done_count -= count;
    memmove(blocks->done, blocks->done + count, blocks->done_count * sizeof(*blocks->done));
}

void blocks_drop_kept(struct blocks *blocks, const struct kept *kept)
{
    size_t left = 0;
    struct kept_range range;
    for (size_t i = 0; i < blocks->done_count; i++)
        if (!kept_find(kept, blocks->done[i].range.offset, &range))
            blocks->done[left++] = blocks->done[i];
    blocks->done_count = left;
}

void blocks_free(struct blocks *blocks)
{
    free(blocks->open);
    free(blocks->done);
    keymap_free(&blocks->numbers);
}
