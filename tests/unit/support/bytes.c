/* bytes.c - bytes written one after the other as a trace has them: see bytes.h. */
/* SPDX-License-Identifier: MIT */
#include "tests/unit/support/bytes.h"

#include "analyzer/util/memory.h"
#include "preload/trace/format.h"

#include <string.h>

void bytes_put(struct bytes *to, const void *bytes, size_t length)
{
    if (to->length + length > to->capacity) {
        to->capacity = 2 * (to->length + length) + 64;
        to->at = xrealloc(to->at, to->capacity);
    }
    if (length)
        memcpy(to->at + to->length, bytes, length);
    to->length += length;
}

void bytes_put_zeros(struct bytes *to, size_t length)
{
    static const unsigned char zeros[TRACE_PAGE];
    for (; length > sizeof(zeros); length -= sizeof(zeros))
        bytes_put(to, zeros, sizeof(zeros));
    bytes_put(to, zeros, length);
}

void bytes_put_byte(struct bytes *to, unsigned byte)
{
    unsigned char one = (unsigned char)byte;
    bytes_put(to, &one, 1);
}

void bytes_put_varint(struct bytes *to, uint64_t value)
{
    while (value > 0x7f) {
        bytes_put_byte(to, (unsigned)(value & 0x7f) | 0x80);
        value >>= 7;
    }
    bytes_put_byte(to, (unsigned)value);
}

void bytes_put_address(struct bytes *to, uint64_t address)
{
    bytes_put(to, &address, TRACE_ADDRESS_SIZE); /* the host is little endian, as the file */
}
