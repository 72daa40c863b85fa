/* xz.c - the container that xz packs into: a header, blocks, an index and a footer; see xz.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/xz.h"

#include <string.h>

#define HEADER_SIZE     12u /* bytes; the footer's, too */
#define SUM_SIZE        4u
#define LZMA2           0x21
#define BLOCK_RESERVED  0x3c
#define HAS_PACKED_SIZE 0x40
#define HAS_SIZE        0x80

static const uint8_t magic[] = {0xfd, '7', 'z', 'X', 'Z', 0};

static uint64_t next_number(struct lzma2_input *input)
{
    uint64_t value = 0;
    for (unsigned shift = 0; input->next < input->end && shift < 63; shift += 7) {
        const uint8_t byte = *input->next++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return value;
    }
    input->next = input->end;
    return 0;
}

/* The index, which the footer leads to; an empty one: there is none. */
static struct lzma2_input find_index(const uint8_t *packed, size_t size)
{
    uint32_t words;
    struct lzma2_input index = {packed, packed};
    if (size < 2 * HEADER_SIZE || memcmp(packed, magic, sizeof(magic)) != 0 ||
        memcmp(packed + size - 2, "YZ", 2) != 0)
        return index;
    memcpy(&words, packed + size - HEADER_SIZE + SUM_SIZE, sizeof(words));
    const uint64_t bytes = ((uint64_t)words + 1) * 4;
    if (bytes <= size - 2 * HEADER_SIZE)
        index = (struct lzma2_input){packed + size - HEADER_SIZE - bytes,
                                     packed + size - HEADER_SIZE - SUM_SIZE};
    return index;
}

uint64_t xz_unpacked_size(const void *packed, size_t size)
{
    struct lzma2_input index = find_index(packed, size);
    uint64_t sum = 0;
    if (index.next == index.end || *index.next++ != 0)
        return 0;
    for (uint64_t blocks = next_number(&index); blocks > 0 && index.next < index.end; blocks--) {
        next_number(&index); /* bytes that it is packed in */
        const uint64_t bytes = next_number(&index);
        if (bytes > SIZE_MAX / 2 - sum)
            return 0;
        sum += bytes;
    }
    return sum;
}

/* Bytes of the sum that follows each block, by the second byte of the stream's flags. */
static size_t check_size(unsigned type)
{
    static const uint8_t sizes[] = {0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64};
    return sizes[type & 0xf];
}

/* Skips the header of a block; false: it was not only packed by LZMA2. */
static bool skip_block_header(struct lzma2_input *input)
{
    const size_t size = ((size_t)*input->next + 1) * 4;
    if (size > (size_t)(input->end - input->next))
        return false;
    struct lzma2_input header = {input->next + 1, input->next + size - SUM_SIZE};
    const unsigned flags = *header.next++;
    if (flags & BLOCK_RESERVED || flags & 3)
        return false;
    if (flags & HAS_PACKED_SIZE)
        next_number(&header);
    if (flags & HAS_SIZE)
        next_number(&header);
    input->next += size;
    return next_number(&header) == LZMA2;
}

bool xz_unpack(const void *packed, size_t size, void *to, void *work)
{
    const uint8_t *begin = packed;
    const struct lzma2_input index = find_index(packed, size);
    struct lzma2_output output = {to, 0, (size_t)xz_unpacked_size(packed, size)};
    struct lzma2_input input = {begin + HEADER_SIZE, index.next};
    while (input.next < input.end) {
        if (!skip_block_header(&input) || !lzma2_unpack(&input, &output, work))
            return false;
        const size_t padding = -(size_t)(input.next - begin) & 3;
        const size_t beside = padding + check_size(begin[sizeof(magic) + 1]);
        if (beside > (size_t)(input.end - input.next))
            return false;
        input.next += beside;
    }
    return output.used > 0 && output.used == output.room;
}
