/* decode_varint.c - numbers that are longer than most, or cut off. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/decode_fields.h"

/* By itself: it is rare, and what is inlined for each event is shorter without. */
const unsigned char *decode_long_varint(const unsigned char *at, const unsigned char *end,
                                        uint64_t *value)
{
    uint64_t result = 0;
    for (unsigned i = 0; i < VARINT_MAX; i++) {
        result |= (uint64_t)(at[i] & 0x7f) << 7 * i;
        if (at[i] < 0x80) {
            *value = result;
            return at + i + 1;
        }
    }
    *value = 0;
    return end + 1; /* no such number: told apart by being past the end */
}
