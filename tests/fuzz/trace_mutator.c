/*
 * trace_mutator.c - changes a trace where it matters: within what a page holds, not in the zeros
 * behind it, and mostly so that what follows is still found.
 *
 * SPDX-License-Identifier: MIT
 */
#include "preload/trace/format.h"

#include <stdbool.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t max_size, unsigned seed);

enum page_kind { PAGE_HEADER, PAGE_BLOCK, PAGE_OTHER };

static enum page_kind kind_of(const uint8_t *page)
{
    uint32_t magic;
    memcpy(&magic, page, sizeof(magic));
    if (magic == TRACE_BLOCK_MAGIC)
        return PAGE_BLOCK;
    return memcmp(page, TRACE_MAGIC, sizeof(TRACE_MAGIC)) == 0 ? PAGE_HEADER : PAGE_OTHER;
}

/* The bytes of PART up to its last one that is not zero. */
static size_t used_bytes(const uint8_t *part, size_t size)
{
    while (size > 0 && part[size - 1] == 0)
        size--;
    return size;
}

/* All of its SIZE bytes stay in their places but those that are changed. */
static void mutate_fields(uint8_t *fields, size_t size, unsigned seed)
{
    size_t at = seed % size / 4 * 4;
    LLVMFuzzerMutate(fields + at, size - at < 8 ? size - at : 8, size - at < 8 ? size - at : 8);
}

/* What a part holds grows, shrinks or changes, in the ROOM that there is for it. */
static size_t mutate_part(uint8_t *part, size_t room)
{
    size_t used = used_bytes(part, room);
    size_t now = LLVMFuzzerMutate(part, used ? used : 1, room);
    memset(part + now, 0, room - now);
    return now;
}

/* What a block holds, and now and then its header. */
static void mutate_block(uint8_t *page, unsigned seed)
{
    struct trace_block header;
    if (seed % 16 == 0) {
        mutate_fields(page + 4, sizeof(header) - 4, seed / 16);
        return;
    }
    size_t now = mutate_part(page + sizeof(header), TRACE_PAGE - sizeof(header));
    memcpy(&header, page, sizeof(header));
    if (header.size == TRACE_PAGE && seed % 16 != 1)
        header.used = (uint32_t)(sizeof(header) + now);
    memcpy(page, &header, sizeof(header));
}

/* The page to be changed: a header is one only now and then. */
static uint8_t *choose_page(uint8_t *data, size_t pages, unsigned seed)
{
    uint8_t *page = data + seed / 8 % pages * TRACE_PAGE;
    bool behind = seed % 8 != 0 && kind_of(page) == PAGE_HEADER &&
                  page + TRACE_PAGE != data + pages * TRACE_PAGE;
    return behind ? page + TRACE_PAGE : page;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size_t pages = size / TRACE_PAGE;
    if (pages == 0 || kind_of(data) == PAGE_OTHER || seed % 64 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    uint8_t *page = choose_page(data, pages, seed / 64);
    switch (kind_of(page)) {
    case PAGE_HEADER:
        mutate_fields(page + 12, sizeof(struct trace_header) - 12, seed / 512);
        break;
    case PAGE_BLOCK:
        mutate_block(page, seed / 512);
        break;
    case PAGE_OTHER:
        mutate_part(page, TRACE_PAGE);
        break;
    }
    return size;
}

/* A page of OTHER in the place of one of the same kind, or all of OTHER behind it. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *data, size_t size, const uint8_t *other,
                                 size_t other_size, uint8_t *out, size_t max_size, unsigned seed)
{
    size_t pages = size / TRACE_PAGE, other_pages = other_size / TRACE_PAGE;
    if (pages == 0 || other_pages == 0 || size > max_size)
        return 0;
    memcpy(out, data, size);
    if (seed % 8 == 0 && pages * TRACE_PAGE + other_size <= max_size) {
        memcpy(out + pages * TRACE_PAGE, other, other_size);
        return pages * TRACE_PAGE + other_size;
    }
    uint8_t *to = out + seed / 8 % pages * TRACE_PAGE;
    const uint8_t *from = other + seed / 128 % other_pages * TRACE_PAGE;
    if (kind_of(from) != kind_of(to) || kind_of(from) == PAGE_HEADER)
        return 0;
    memcpy(to, from, TRACE_PAGE);
    return size;
}
