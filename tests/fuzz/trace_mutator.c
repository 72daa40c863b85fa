/*
 * trace_mutator.c - changes a trace where it matters: within what a page holds, not in the zeros
 * behind it, and mostly so that what follows is still found.
 */
#include "trace_format.h"

#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);

/* The bytes of PAGE up to its last one that is not zero. */
static size_t used_bytes(const uint8_t *page, size_t size)
{
    while (size > 0 && page[size - 1] == 0)
        size--;
    return size;
}

static void mutate_part(uint8_t *part, size_t used, size_t room)
{
    size_t now = LLVMFuzzerMutate(part, used ? used : 1, room);
    memset(part + now, 0, room - now);
}

/* What a block holds, and now and then how much it says that this is. */
static void mutate_content(uint8_t *page, size_t used, unsigned seed)
{
    struct trace_block header;
    uint8_t *content = page + sizeof(header);
    size_t room = TRACE_PAGE - sizeof(header), now;
    memcpy(&header, page, sizeof(header));
    now = used > sizeof(header) ? used - sizeof(header) : 1;
    now = LLVMFuzzerMutate(content, now, room);
    memset(content + now, 0, room - now);
    if (header.size == TRACE_PAGE && seed % 8 != 0)
        header.used = (uint32_t)(sizeof(header) + now);
    memcpy(page, &header, sizeof(header));
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
    size_t pages = size / TRACE_PAGE;
    if (pages == 0 || seed % 16 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    uint8_t *page = data + seed / 128 % pages * TRACE_PAGE;
    size_t used = used_bytes(page, TRACE_PAGE);
    uint32_t magic;
    memcpy(&magic, page, sizeof(magic));
    if (magic != TRACE_BLOCK_MAGIC)
        mutate_part(page + seed % 2 * 8, used > 8 ? used - seed % 2 * 8 : used, TRACE_PAGE - 8);
    else if (seed % 8 == 1)
        mutate_part(page + 4, sizeof(struct trace_block) - 4, sizeof(struct trace_block) - 4);
    else
        mutate_content(page, used, seed / 16);
    return size;
}
