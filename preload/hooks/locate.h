/*
 * locate.h - where the functions of a description are in an image: by their names, by code that
 * calls or jumps to them, or put by the compiler into others. The code must not be patched yet.
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef PRELOAD_HOOKS_LOCATE_H
#define PRELOAD_HOOKS_LOCATE_H

#include "preload/api/pool_api.h"
#include "preload/code/image.h"

#include <stdbool.h>
#include <stdint.h>

/* Where a function was found, and by which of its locations; at.address 0: nowhere. */
struct located {
    struct image_symbol at;
    const struct api_location *by;
    bool is_static; /* by the name of a static function, in the file of the image */
};

/* What IMAGE exports as NAME, with the size of its code. */
struct image_symbol locate_symbol(const struct image *image, struct slice name);

/* FUNCTION, which is not one that is inlined. */
struct located locate(const struct api *api, const struct image *image,
                      const struct api_function *function);

/* What the code of a function has of others of its role. */
struct makeup {
    bool calls;  /* it calls or jumps to one */
    bool copies; /* it calls by itself what those call to do their work */
};

/* Of the function SYMBOL of IMAGE, held against those of API that have the ROLE. */
struct makeup locate_makeup(const struct api *api, const struct image *image, enum api_role role,
                            struct slice symbol);

/* Does SYMBOL's code come back to SYMBOL, directly or by a function that it calls? */
bool locate_recurs(const struct image *image, struct slice symbol);

#endif
