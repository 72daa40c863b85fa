/*
 * xz.h - unpacks a file that xz packed, such as the names of static functions that a stripped
 * program carries (.gnu_debugdata). Takes no memory and calls nobody.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_CODE_XZ_H
#define PRELOAD_CODE_XZ_H

#include "preload/code/lzma2.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many bytes PACKED (SIZE bytes) has when it is unpacked, as it says itself; 0: it is nothing
 * that xz packed in one piece. */
uint64_t xz_unpacked_size(const void *packed, size_t size);

/*
 * Unpacks PACKED into TO, which has room for all that it says to have, in WORK as lzma2_unpack()
 * wants it. Sums are not checked: who reads what comes out believes nothing of it.
 * False: it is damaged, or was filtered before it was packed.
 */
bool xz_unpack(const void *packed, size_t size, void *to, void *work);

#endif
