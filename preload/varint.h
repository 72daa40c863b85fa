/* varint.h - writing the numbers of the trace: LEB128, the signed ones folded to small ones. */
#ifndef LIFEGUARD_VARINT_H
#define LIFEGUARD_VARINT_H

#include <stdint.h>

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
