/*
 * strangers.h - functions that no description names, and that the compiler has put an allocation
 * into. The code must not be patched yet.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_STRANGERS_H
#define PRELOAD_HOOKS_STRANGERS_H

#include "preload/api/pool_api.h"
#include "preload/code/image.h"

#define STRANGERS_MAX 192

/*
 * Those of IMAGE: they call what both the functions of API that make pools and those
 * that allocate call, to get memory, or use FREE_BLOCKS, the address of the variable that holds the
 * library's free blocks (0: it is not known). Returns how many; *MORE: there may be more of them.
 */
unsigned strangers_find(const struct api *api, const struct image *image, uint64_t free_blocks,
                        struct image_symbol strangers[STRANGERS_MAX], bool *more);

#endif
