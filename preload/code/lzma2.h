/*
 * lzma2.h - unpacks LZMA2, the one method of packing that xz's files have by themselves.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_LZMA2_H
#define PRELOAD_CODE_LZMA2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is packed, from `next` on, which moves along. */
struct lzma2_input {
    const uint8_t *next, *end;
};

/* Where it is unpacked to, `used` bytes so far of `room`. */
struct lzma2_output {
    uint8_t *bytes;
    size_t used, room;
};

#define LZMA2_WORK_SIZE (32u << 10) /* bytes */

/*
 * Unpacks INPUT up to its mark of the end, in WORK: LZMA2_WORK_SIZE bytes, aligned for any type.
 * False: INPUT is damaged, or there is more than OUTPUT has room for.
 */
bool lzma2_unpack(struct lzma2_input *input, struct lzma2_output *output, void *work);

#endif
