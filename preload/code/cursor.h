/* cursor.h - reading unwind tables: the numbers that DWARF packs, within bounds; the registers. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_CODE_CURSOR_H
#define PRELOAD_CODE_CURSOR_H

#include <stdint.h>

/* DWARF register numbers on x86-64. */
enum { DWARF_RBP = 6, DWARF_RSP = 7, DWARF_RETURN = 16 };

/* What is behind END reads as zeros. */
struct cursor {
    const uint8_t *at, *end;
};

static inline uint64_t read_word(struct cursor *from, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size && from->at < from->end; i++)
        value |= (uint64_t)*from->at++ << 8 * i;
    return value;
}

static inline uint64_t read_uleb(struct cursor *from)
{
    uint64_t value = 0;
    for (unsigned shift = 0; from->at < from->end; shift += 7) {
        uint8_t byte = *from->at++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            break;
    }
    return value;
}

static inline int64_t read_sleb(struct cursor *from)
{
    uint64_t value = 0;
    uint8_t byte = 0;
    unsigned shift = 0;
    while (from->at < from->end) {
        byte = *from->at++;
        if (shift < 64)
            value |= (uint64_t)(byte & 0x7f) << shift;
        shift += 7;
        if (!(byte & 0x80))
            break;
    }
    if (shift < 64 && (byte & 0x40))
        value |= UINT64_MAX << shift;
    return (int64_t)value;
}

#endif
