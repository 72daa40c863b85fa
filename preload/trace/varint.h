/* varint.h - writing the numbers of the trace: LEB128, the signed ones folded to small ones. */
/* SPDX-License-Identifier: MIT */
#ifndef PRELOAD_TRACE_VARINT_H
#define PRELOAD_TRACE_VARINT_H

#include <stdint.h>
#include <string.h>

#define VARINT_MAX 10 /* bytes */

static inline uint8_t *put_varint(uint8_t *to, uint64_t value)
{
    while (value >= 0x80) {
        *to++ = (uint8_t)(value | 0x80);
        value >>= 7;
    }
    *to++ = (uint8_t)value;
    return to;
}

/* The same without a branch for each byte, where lengths cannot be foreseen. */
static inline uint8_t *put_varint_unforeseen(uint8_t *to, uint64_t value)
{
    if (value >> 28)
        return put_varint(to, value);
    uint32_t bits = 31 - (uint32_t)__builtin_clz((uint32_t)value | 1), more = bits / 7;
    uint32_t bytes =
        (value & 0x7f) | (value & 0x3f80) << 1 | (value & 0x1fc000) << 2 | value >> 21 << 24;
    bytes |= 0x808080u & ((1u << 8 * more) - 1);
    memcpy(to, &bytes, sizeof(bytes));
    return to + more + 1;
}

/* 0, -1, 1, -2, 2 ... as 0, 1, 2, 3, 4 ... */
static inline uint64_t zigzag(uint64_t value)
{
    return value << 1 ^ (uint64_t)((int64_t)value >> 63);
}

static inline uint8_t *put_signed(uint8_t *to, uint64_t value)
{
    return put_varint(to, zigzag(value));
}

#endif
