/*
 * bytes.h - bytes written one after the other as a trace has them, for tests.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef TESTS_UNIT_SUPPORT_BYTES_H
#define TESTS_UNIT_SUPPORT_BYTES_H

#include <stddef.h>
#include <stdint.h>

/* Zeroed, it is empty; `at` is the caller's to free. */
struct bytes {
    unsigned char *at;
    size_t length, capacity;
};

void bytes_put(struct bytes *to, const void *bytes, size_t length);
void bytes_put_zeros(struct bytes *to, size_t length);
void bytes_put_byte(struct bytes *to, unsigned byte);
void bytes_put_varint(struct bytes *to, uint64_t value);
void bytes_put_address(struct bytes *to, uint64_t address); /* of TRACE_ADDRESS_SIZE bytes */

/* 0, -1, 1, -2 ... as 0, 1, 2, 3 ... */
static inline uint64_t bytes_zigzag(uint64_t value)
{
    return value << 1 ^ (uint64_t)((int64_t)value >> 63);
}

#endif
